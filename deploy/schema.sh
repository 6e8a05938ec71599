#!/bin/sh
# Makes Temporal's two databases, or brings them to the version of this image.
# The connection is in SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD.
set -eu

# The tool tells every statement. That helps only where one fails.
sql_tool() {
  log=$(temporal-sql-tool "$@" 2>&1) || {
    echo "$log" >&2
    return 1
  }
}

for database in temporal:temporal temporal_visibility:visibility; do
  name=${database%:*}
  versions=/etc/temporal/schema/postgresql/v12/${database#*:}/versioned
  sql_tool --db "$name" create-database
  sql_tool --db "$name" setup-schema -v 0.0
  sql_tool --db "$name" update-schema -d "$versions"
  echo "database $name is up to date"
done

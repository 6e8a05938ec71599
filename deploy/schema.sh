#!/bin/sh
# Creates Temporal's two databases, or brings them to the version of this image.
# The connection is in SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD.
set -eu

# The tool logs every statement. That helps only where one fails.
sql_tool() {
  log=$(temporal-sql-tool "$@" 2>&1) || {
    echo "$log" >&2
    return 1
  }
}

for database in temporal temporal_visibility; do
  schema=postgresql/v12/${database#temporal_}
  sql_tool --db "$database" create-database
  sql_tool --db "$database" setup-schema -v 0.0
  sql_tool --db "$database" update-schema --schema-name "$schema"
  echo "database $database is up to date"
done

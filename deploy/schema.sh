#!/bin/sh
# Makes Temporal's two databases, or brings them to the version of this image.
# The connection is in SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD.
set -eu

for database in temporal:temporal temporal_visibility:visibility; do
  name=${database%:*}
  temporal-sql-tool --db "$name" create-database
  temporal-sql-tool --db "$name" setup-schema -v 0.0
  temporal-sql-tool --db "$name" update-schema -d "/etc/temporal/schema/postgresql/v12/${database#*:}/versioned"
done

#!/bin/sh
# The whole way of README.md: `./migrate.sh` with Docker and an AWS account, `./migrate.sh --stand-in` without either.
set -eu
cd "$(dirname "$0")"

# What is extracted stands in legacy-to-s3.yaml; options come before it.
extract() {
  "$@" extract --stack FinanceMigration $SQL_OPTIONS
}

case "${1:-}" in
  --stand-in)
    cd ../..
    exec npm run --silent local -- --app examples/sql-server-migration/app.ts --transactions 1000 \
      --run 'examples/sql-server-migration/migrate.sh --on-stand-in'
    ;;
  --on-stand-in)
    SQL_OPTIONS="--server $SQL_SERVER --port $SQL_PORT --user $SQL_USER --ca-file $SQL_CA_FILE"
    npx tsx seed.ts
    extract node ../../bin/cdk-legacy-to-s3.js
    ;;
  '')
    # The container makes a certificate of its own that nobody has signed.
    SQL_OPTIONS=--trust-server-certificate
    docker compose up --detach --wait sql-server
    docker compose run --rm seed
    npx aws-cdk@2 deploy --require-approval never
    LEGACY_TO_S3_PASSWORD=$SQL_SA_PASSWORD extract npx cdk-legacy-to-s3
    ;;
  *)
    echo "usage: $0 [--stand-in]; got '$1'" >&2
    exit 2
    ;;
esac
# Run completion registers the tables in the catalog within seconds.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  npx tsx query.ts && exit 0
  sleep 3
done
exit 1

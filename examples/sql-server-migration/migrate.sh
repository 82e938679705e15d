#!/bin/sh
# The whole way of README.md: `./migrate.sh` with Docker and an AWS account, `./migrate.sh --stand-in` without either.
set -eu
cd "$(dirname "$0")"

# What is followed stands in legacy-to-s3.yaml; options come before it. The first sync lands all rows, the next what changed.
sync() {
  $TOOL sync --stack FinanceMigration $SQL_OPTIONS
}

case "${1:-}" in
  --stand-in)
    cd ../..
    exec npm run --silent local -- --app examples/sql-server-migration/app.ts --transactions 1000 \
      --run 'examples/sql-server-migration/migrate.sh --on-stand-in'
    ;;
  --on-stand-in)
    SQL_OPTIONS="--server $SQL_SERVER --port $SQL_PORT --user $SQL_USER --ca-file $SQL_CA_FILE"
    TOOL='node ../../bin/cdk-legacy-to-s3.js'
    npx tsx seed.ts
    ;;
  '')
    # The container makes a certificate of its own that nobody has signed.
    SQL_OPTIONS=--trust-server-certificate
    TOOL='npx cdk-legacy-to-s3'
    export LEGACY_TO_S3_PASSWORD="$SQL_SA_PASSWORD"
    docker compose up --detach --wait sql-server
    docker compose run --rm seed
    npx aws-cdk@2 deploy --require-approval never
    ;;
  *)
    echo "usage: $0 [--stand-in]; got '$1'" >&2
    exit 2
    ;;
esac

# Run completion brings the tables of the catalog up to date within seconds. $1: the answer of before, which is not the new one yet.
query() {
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    if answer=$(npx tsx query.ts) && [ "$answer" != "$1" ]; then
      echo "$answer"
      return
    fi
    sleep 3
  done
  echo 'the tables of the catalog do not show the run' >&2
  return 1
}

sync
first=$(query '')
echo "$first"
npx tsx seed.ts changes.sql
sync
query "$first"

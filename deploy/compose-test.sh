#!/usr/bin/env bash
# Runs docker-compose.yml as a user would, with Caddy before it and fakes of both
# services, in a project of its own: what is started here is removed at the end, and
# nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! docker info >/dev/null 2>&1; then
  echo "compose-test: no Docker engine answers here, so nothing was tested" >&2
  exit 1
fi
if ! docker compose version >/dev/null 2>&1; then
  echo "compose-test: docker has no compose plugin here, so nothing was tested" >&2
  exit 1
fi

dir=$(mktemp -d)
export SETTINGS_FOLDER=$dir/settings SECRETS_FILE=$dir/secrets.env
project=cartumsync-test

# production is all but the fakes, which keep nothing.
production() { docker compose -p "$project" --env-file "$dir/env" -f docker-compose.yml -f deploy/compose.caddy.yml "$@"; }
compose() { production -f deploy/compose.fakes.yml "$@"; }
sandbox() { docker compose -p cartumsync-test-sandbox -f compose.sandbox.yml "$@"; }

end() {
  local code=$?
  if [[ $code != 0 ]]; then
    if [[ -f $dir/env ]]; then
      compose ps --all || true
      compose logs --tail 30 || true
      sandbox logs --tail 30 || true
    fi
    tail -n 100 "$dir"/*.log || true
  fi
  compose --profile demo down --volumes --remove-orphans --timeout 5 >/dev/null 2>&1 || true
  sandbox down --volumes --timeout 5 >/dev/null 2>&1 || true
  rm -rf "$dir"
  if [[ $code == 0 ]]; then echo "compose-test: passed"; else echo "compose-test: FAILED" >&2; fi
  exit "$code"
}
trap end EXIT

step() { echo "== $*"; }

fail() {
  echo "compose-test: $*" >&2
  exit 1
}

# within SECONDS COMMAND ... repeats a command until it succeeds.
within() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    if ((SECONDS > until)); then fail "not in time: $*"; fi
    sleep 1
  done
}

healthy() { compose ps --format '{{.Service}} {{.Health}}' | grep -qx "$1 healthy"; }
unhealthy() { compose ps --format '{{.Service}} {{.Health}}' | grep -qx "$1 unhealthy"; }
# containers are those of the services that stay, with their ids.
containers() { compose ps --format '{{.Service}} {{.ID}}' | sort; }
# orders is how many orders RO App has been sent.
orders() {
  local service count=0
  for service in roapp roapp-ua; do
    count=$((count + $(compose exec -T "$service" wget -q -O - "http://127.0.0.1:8080/sandbox/feed?after=0" | grep -o 'order [0-9]* created for' | wc -l)))
  done
  echo "$count"
}
# demo has new orders imported, and fails where one comes out wrong.
demo() { compose --profile demo run --rm -T demo >"$dir/demo.log" 2>&1 || { cat "$dir/demo.log"; fail "the demonstration went wrong"; }; }

sandbox_healthy() { sandbox ps --format '{{.Health}}' | grep -qx healthy; }

check() { compose run --rm -T starter check >"$dir/check.log" 2>&1; }

step "settings and secrets"
docker build --progress plain --target sandbox -t cartumsync-sandbox:local . >"$dir/build.log" 2>&1
mkdir "$SETTINGS_FOLDER"
docker run --rm cartumsync-sandbox:local settings \
  --cartum-url=http://cartum:8080 --roapp-url=http://roapp:8080 --cartum-ua-url=http://cartum-ua:8080 --roapp-ua-url=http://roapp-ua:8080 \
  >"$SETTINGS_FOLDER/settings.yaml"
chmod -R a+rX "$dir"
random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
{
  echo "POSTGRES_PASSWORD=$(random)"
  echo "PUBLIC_URL=http://starter:8080"
  echo "SITE=localhost" # for which Caddy signs the certificate itself
} >"$dir/env"
{
  echo "CARTUMSYNC_IDENTITY_KEY=$(random)"
  echo "CARTUMSYNC_ENCRYPTION_KEY=$(head -c 32 /dev/urandom | base64)"
  echo "CARTUMSYNC_SESSION_KEY=$(random)"
  echo "SANDBOX_WEBHOOK_KEY=$(random)"
  echo "SANDBOX_ROAPP_WEBHOOK_SECRET=secret-of-the-test"
  echo "SANDBOX_ROAPP_API_KEY=sandbox"
  echo "SANDBOX_CARTUM_PASSWORD=sandbox"
} >"$dir/secrets.env"

step "the sandbox, before production has run"
sandbox up -d --build --wait
before=$(sandbox ps -q)
sandbox up -d --build --wait
[[ $(sandbox ps -q) == "$before" ]] || fail "the sandbox was replaced"
sandbox restart
within 180 sandbox_healthy

step "a first start"
compose build
compose up -d --wait
if compose logs starter worker | grep -E '"level":"(warn|error)"' | grep -v 'waiting for Temporal'; then fail "a first start warns"; fi

step "HTTPS"
https() { compose exec -T caddy wget -q -O /dev/null --no-check-certificate "https://localhost/$1"; }
within 60 https login
if https readyz; then fail "strangers can reach /readyz"; fi

step "a demonstration"
demo
imported=$(orders)
((imported > 0)) || fail "no order was created"

step "the same again changes nothing"
before=$(containers)
compose up -d --build --wait
within 90 check # RO App's limit may be used up for a moment
[[ $(containers) == "$before" ]] || fail "containers were replaced: $before, now $(containers)"
[[ $(orders) == "$imported" ]] || fail "there were $imported orders, now $(orders)"

step "edited settings"
sed -i 's/^    collect_every: 10s$/    collect_every: 11s/' "$SETTINGS_FOLDER/settings.yaml" # another file in its place
edited() { [[ $(compose logs "$1" | grep -c 'other settings are in force') == 1 ]]; }
within 60 edited worker
within 60 edited starter

step "the database is killed"
log_size() { compose logs --no-log-prefix temporal | wc -c; }
size=$(log_size)
compose stop -t 0 postgresql
within 40 unhealthy starter
within 40 unhealthy worker
grown=$(($(log_size) - size))
((grown < 5000000)) || fail "Temporal's log grew by $grown bytes"
compose up -d --wait
demo

step "Temporal is restarted, and a worker killed"
compose restart temporal
compose kill -s KILL worker
compose up -d --wait --scale worker=3
demo

step "the sandbox's end"
sandbox down --volumes
docker volume inspect "${project}_postgresql" >/dev/null || fail "the sandbox's end took production's database"
healthy starter || fail "the sandbox's end reached production"

step "down and up"
imported=$(orders)
production down
compose up -d --wait
healthy starter || fail "the starter is not healthy"
[[ $(orders) == "$imported" ]] || fail "there were $imported orders, now $(orders)"
demo

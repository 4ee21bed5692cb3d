#!/bin/sh
# Makes the secrets of docker-compose.yml that are not there yet; leaves the others alone. Run with sudo unless your
# user has the number 1000: that is who reads them in the containers, and nobody else may (Elasticsearch insists).
set -eu
cd "$(dirname "$0")"
umask 077
for name in elastic_password biowire_password kibana_password dashboards_password kibana_key signing_key; do
    if [ ! -s "$name" ]; then
        od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > "$name"
        echo "made deploy/secrets/$name"
    fi
    chmod 0400 "$name"
    if [ "$(id -u)" = 0 ]; then
        chown 1000:1000 "$name"
    elif [ "$(id -u)" != 1000 ]; then
        echo "deploy/secrets/$name has to belong to the user 1000: run this with sudo." >&2
        exit 1
    fi
done

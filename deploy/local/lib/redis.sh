# shellcheck shell=bash
# A private Redis that keeps nothing: all that Tidegate has there can be rebuilt.

redis_answers() { [[ $(timeout 2 redis-cli -h 127.0.0.1 -p "$1" PING) == PONG ]]; }

redis_start() { # NAME new|same
    local port
    type -P redis-server >/dev/null || die "redis-server is missing: run deploy/local/install" 2
    if [[ $2 == new ]]; then free_ports 1 >"$S/$1.port"; fi
    port=$(service_port "$1")
    mkdir -p "$D/redis"
    service_spawn "$1" redis-server --port "$port" --bind 127.0.0.1 --dir "$D/redis" \
        --daemonize no --save '' --appendonly no --maxmemory 256mb \
        --maxmemory-policy volatile-lru --tcp-keepalive 60
    wait_for 30 "$1" redis_answers "$port"
}

redis_stop() { # clean|kill
    if [[ $1 == kill ]]; then service_end redis KILL 10; else service_end redis TERM 5; fi
}

redis_url() { echo "redis://127.0.0.1:$(service_port redis)"; }

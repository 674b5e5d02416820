# shellcheck shell=bash
# A private PostgreSQL: one superuser and one database named tidegate, trusted on loopback, TCP only.

# postgres_bin: folder of the newest installed server. Debian keeps it out of PATH.
postgres_bin() {
    local found
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
    [[ -x $found ]] || found=$(readlink -f "$(type -P postgres)") || true
    [[ -x $found ]] || die "PostgreSQL's server is missing: run deploy/local/install" 2
    dirname "$found"
}

# The server refuses to run as root; then the distribution's user owns the data.
postgres_as() {
    if ((EUID == 0)); then
        (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups "$@")
    else
        "$@"
    fi
}

# postgres_folder: D/pg, or a folder under /tmp when the server's user cannot reach D (as in /root).
postgres_folder() {
    local dir=$D/pg
    if [[ -r $S/postgres.dir ]]; then
        cat "$S/postgres.dir"
        return
    fi
    mkdir -p "$dir"
    chmod 700 "$dir"
    if ((EUID == 0)); then
        id postgres >/dev/null 2>&1 || die "no user postgres: run deploy/local/install" 2
        chown postgres: "$dir"
        if ! postgres_as test -w "$dir"; then
            rmdir "$dir"
            dir=$(mktemp -d /tmp/tidegate-pg.XXXXXXXX)
            chown postgres: "$dir"
        fi
    fi
    echo "$dir" >"$S/postgres.dir"
    echo "$dir"
}

postgres_init() { # DIR
    [[ ! -e $S/postgres.ready ]] || return 0
    find "$1" -mindepth 1 -delete
    # Written back by the first checkpoint; only a crash of the machine meanwhile would need more.
    postgres_as "$(postgres_bin)/initdb" --pgdata="$1" --username=tidegate --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 --lc-messages=C --no-sync --no-instructions \
        >>"$D/log/postgres.log" 2>&1 || return 1
    # Suited to a laptop that runs everything else too. Durability stays on.
    postgres_as tee -a "$1/postgresql.conf" >/dev/null <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
shared_buffers = 256MB
min_wal_size = 512MB
max_wal_size = 4GB
checkpoint_timeout = 15min
track_commit_timestamp = on   # the audit reads when a row became visible
idle_in_transaction_session_timeout = 60s
client_connection_check_interval = 10s
tcp_keepalives_idle = 60
tcp_keepalives_interval = 10
tcp_keepalives_count = 3
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%a '
jit = off
CONF
}

postgres_answers() { # PORT
    "$(postgres_bin)/pg_isready" -q -h 127.0.0.1 -p "$1" -U tidegate -d postgres
}

postgres_sql() { # PORT DATABASE SQL
    PGCONNECT_TIMEOUT=10 "$(postgres_bin)/psql" -X -q -A -t -v ON_ERROR_STOP=1 \
        -h 127.0.0.1 -p "$1" -U tidegate -d "$2" -c "$3" 2>>"$D/log/postgres.log"
}

postgres_start() { # NAME new|same
    local dir port bin
    bin=$(postgres_bin)
    dir=$(postgres_folder)
    postgres_init "$dir" || return 1
    if [[ $2 == new ]]; then free_ports 1 >"$S/$1.port"; fi
    port=$(service_port "$1")
    if ((EUID == 0)); then
        service_spawn "$1" setpriv --reuid=postgres --regid=postgres --init-groups \
            env --chdir=/ "$bin/postgres" -D "$dir" -p "$port"
    else
        service_spawn "$1" "$bin/postgres" -D "$dir" -p "$port"
    fi
    # A long recovery after a kill is allowed for.
    wait_for 120 "$1" postgres_answers "$port" || return 1
    if [[ -z $(postgres_sql "$port" postgres \
        "SELECT 1 FROM pg_database WHERE datname = 'tidegate'") ]]; then
        postgres_sql "$port" postgres 'CREATE DATABASE tidegate' || return 1
    fi
}

postgres_stop() { # clean|kill
    # INT is a fast shutdown, QUIT an immediate one: what pg_ctl sends. KILL only as the last resort.
    if [[ $1 == kill ]]; then
        service_end postgres QUIT 10
    else
        service_end postgres INT 30 QUIT 10
    fi
}

postgres_remove() {
    local dir
    [[ -r $S/postgres.dir ]] || return 0
    dir=$(<"$S/postgres.dir")
    case $dir in
    "$D/pg" | /tmp/tidegate-pg.????????) rm -rf -- "$dir" ;;
    *) say "not removed, unknown folder: $dir" ;;
    esac
}

postgres_url() { echo "postgresql://tidegate@127.0.0.1:$(service_port postgres)/tidegate"; }

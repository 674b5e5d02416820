# shellcheck shell=bash
# Processes that the stack started: found again by pid and start time, so that a pid which the
# system gave to somebody else is never signalled. Needs: D (a folder; logs in D/log) and S (a folder
# for what is known of the services; the file S/abort ends every waiting).

say() { printf 'stack: %s\n' "$*" >&2; }
die() {
    say "$1"
    exit "${2:-3}"
}

# process_start_time PID: its start in clock ticks since boot; fails when it is gone or a zombie.
process_start_time() {
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    # The name in parentheses may hold anything: fields are counted behind its end.
    read -r -a stat <<<"${stat##*) }"
    [[ ${stat[0]} != [ZX] ]] || return 1
    echo "${stat[19]}"
}

process_is() { # PID START_TIME
    [[ $(process_start_time "$1") == "$2" ]]
}

# detached COMMAND…: becomes it, in a session of its own, with nothing of the caller open but output:
# a pipe of make or pytest that stayed open in a server would never end.
detached() {
    local fd
    for fd in /proc/"$BASHPID"/fd/*; do
        fd=${fd##*/}
        if ((fd > 2)); then eval "exec $fd>&-"; fi
    done
    exec setsid "$@" </dev/null
}

service_record() { # NAME PID
    echo "$2 $(process_start_time "$2" || echo 0)" >"$S/$1.pid.new"
    mv "$S/$1.pid.new" "$S/$1.pid"
}

# service_spawn NAME COMMAND…: starts it, its output goes to D/log/NAME.log.
service_spawn() {
    local name=$1
    shift
    (detached "$@" >>"$D/log/$name.log" 2>&1) &
    service_record "$name" $!
}

service_pid() { # NAME: prints the pid while it lives, else fails
    local pid start
    [[ -r $S/$1.pid ]] || return 1
    read -r pid start <"$S/$1.pid"
    process_is "$pid" "$start" || return 1
    echo "$pid"
}

service_alive() { service_pid "$1" >/dev/null; }

service_port() { # NAME
    [[ ! -r $S/$1.port ]] || cat "$S/$1.port"
}

# service_signal SIGNAL NAME: also the children for STOP and CONT, which PostgreSQL's backends need.
service_signal() {
    local pid child
    pid=$(service_pid "$2") || return 0
    case $1 in
    STOP | CONT)
        kill "-$1" "$pid" 2>/dev/null || true
        for child in $(pgrep -P "$pid"); do kill "-$1" "$child" 2>/dev/null || true; done
        ;;
    *) kill "-$1" "$pid" 2>/dev/null || true ;;
    esac
}

now_ms() { echo $((${EPOCHREALTIME//[.,]/} / 1000)); }

# wait_for SECONDS NAME COMMAND…: until the command succeeds. Fails at once when the process of NAME
# ends or `up` was interrupted, else after the time. "-" as NAME: no process to watch.
wait_for() {
    local end name=$2
    end=$(($(now_ms) + $1 * 1000))
    shift 2
    until "$@" >/dev/null 2>&1; do
        [[ ! -e $S/abort ]] || return 1
        [[ $name == - ]] || service_alive "$name" || return 1
        (($(now_ms) < end)) || return 1
        sleep 0.05 || true
    done
}

# wait_all PID…: for background jobs of this shell; fails when one did. A trapped signal interrupts
# bash's wait, so it is asked again while the job lives.
wait_all() {
    local pid rc failed=0
    for pid in "$@"; do
        while :; do
            rc=0
            wait "$pid" || rc=$?
            if ((rc <= 128)) || ! kill -0 "$pid" 2>/dev/null; then break; fi
        done
        ((rc == 0)) || failed=1
    done
    return "$failed"
}

service_gone() { ! service_alive "$1"; }

# service_end NAME SIGNAL SECONDS [SIGNAL SECONDS]…: signals, waits for its end, goes on to the next.
# The last resort is KILL.
service_end() {
    local name=$1
    shift
    service_signal CONT "$name"
    set -- "$@" KILL 10
    while (($# > 0)) && service_alive "$name"; do
        service_signal "$1" "$name"
        wait_for "$2" - service_gone "$name" || true
        shift 2
    done
    if service_alive "$name"; then
        say "$name (pid $(service_pid "$name")) cannot be ended"
        return 1
    fi
    rm -f "$S/$name.pid"
}

# free_ports N: that many ports of 127.0.0.1 which nobody listens on. They lie below the range that
# the kernel gives to outgoing connections: a client of a stopped server must not be handed the
# server's own port, where it could even connect to itself.
free_ports() {
    python3 - "$1" <<'PYTHON'
import random, socket, sys
with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
    low, high = map(int, f.read().split())
candidates = list(range(15000, low)) if low >= 16000 else list(range(high + 1, 65536))
if len(candidates) < 200:
    candidates = list(range(15000, 65536))
held = []
for port in random.sample(candidates, min(len(candidates), 2000)):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", port))
        s.listen(1)
    except OSError:
        s.close()
        continue
    held.append((port, s))
    if len(held) == int(sys.argv[1]):
        break
else:
    sys.exit("no free port on 127.0.0.1")
print(*(port for port, _ in held))
PYTHON
}

port_was_taken() { # NAME: its log of this attempt says so
    grep -qiE 'address already in use|failed to bind|BindException' "$D/log/$1.log"
}

# start_retrying NAME FUNCTION new|same: runs "FUNCTION NAME new|same" and once more with new ports whenever somebody
# else took one in between. With the "same" ports (a restart) the first failure is final.
start_retrying() {
    local name=$1 start=$2 which=$3 attempt
    for attempt in 1 2 3 4 5; do
        if "$start" "$name" "$which"; then return 0; fi
        if [[ $which == same || -e $S/abort ]] || ! port_was_taken "$name"; then break; fi
        say "$name: its port was taken by somebody else, trying another ($attempt)"
        service_end "$name" TERM 5
        mv "$D/log/$name.log" "$D/log/$name.log.$attempt"
    done
    [[ -e $S/abort ]] || log_tail "$name"
    return 1
}

log_tail() { # NAME
    say "$1 did not start; the end of $D/log/$1.log:"
    tail -n 25 "$D/log/$1.log" >&2 2>/dev/null || true
}

# Runs a private PostgreSQL until its standard input is closed. The first argument is the folder of PostgreSQL's programs,
# or nothing if they are in the PATH. The second one is a free port of the loopback interface.
#
# The test process holds the other end of the standard input. When it ends, in whichever way, the input is closed, and the
# server is stopped and its folder removed.
[ -z "$1" ] || PATH="$1:$PATH"
folder=$(mktemp -d "${TMPDIR:-/tmp}/sandbox-lifecycle-postgres.XXXXXX") || exit 1
stop() {
  pg_ctl --pgdata "$folder/data" --mode immediate stop >/dev/null 2>&1
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

initdb --pgdata "$folder/data" --username postgres --auth trust --encoding UTF8 --locale C --no-sync >"$folder/log" 2>&1 &&
  # Nothing waits for the disk: the data does not outlive the tests.
  pg_ctl --pgdata "$folder/data" --wait --timeout 60 --log "$folder/log" start >/dev/null 2>&1 \
    --options "-h 127.0.0.1 -p $2 -k $folder -c fsync=off -c synchronous_commit=off -c full_page_writes=off" || {
  tail -n 5 "$folder/log" | tr '\n' ' '
  exit 1
}
echo ready
read -r _

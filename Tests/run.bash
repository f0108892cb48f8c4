# shellcheck shell=bash
# Sourced by ./bulkhead for `test`: runs the rooms' tests, then the journeys, counts both.
#
# Rooms: Swift Testing in debug, in parallel. Journeys: every executable Tests/Journeys/*.sh and
# *.py, one after another, on release programs, each in namespaces of its own (Tests/Journeys/host).
# A journey prints one line a claim: `ok CLAIM`, `not ok CLAIM: why` or `skip CLAIM: why`.

: "${root:?}" "${work:?}" # set by ./bulkhead, as `programs` is by its `locate`
passed=0 failed=0 skipped=0

count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    skipped=$((skipped + $3))
    printf '%s: %d passed, %d failed, %d skipped\n' "$4" "$1" "$2" "$3"
}

# Prints how many test cases of an xunit file passed, failed and were skipped. The file's own
# totals count the issues, of which one test may have many.
xunit() {
    awk '
        /<testcase / { close_case(); open = 1; failed = skipped = 0 }
        /<failure|<error/ { failed = 1 }
        /<skipped/ { skipped = 1 }
        END { close_case(); print good + 0, bad + 0, skips + 0 }
        function close_case() {
            if (!open) return
            if (failed) bad++
            else if (skipped) skips++
            else good++
        }' "$1"
}

test_rooms() {
    local log=$work/rooms.log report=$work/rooms.xml code=0
    refresh_module_maps
    if ! (cd "$root" && watched 'building tests' "$work/tests-build.log" swift build --build-tests)
    then
        count 0 1 0 'rooms (they do not build)'
        return
    fi
    rm -f "$report"
    local options=(--skip-build --disable-xctest --parallel --xunit-output "$report")
    [ -z "$filter" ] || options+=(--filter "$filter")
    (cd "$root" && swift test "${options[@]}" </dev/null) >"$log" 2>&1 || code=$?
    local good=0 bad=0 skips=0
    [ ! -r "$report" ] || read -r good bad skips < <(xunit "$report")
    if [ "$code" -ne 0 ]; then
        grep -E '(✘.*recorded an issue|↳ |error:|Fatal error|unexpected signal)' "$log" |
            grep -vE '(Testing Library Version|Target Platform)' | head -n 120 >&2 || tail -n 40 "$log" >&2
        say "the whole log is $log"
        # A crash leaves no report, or one without the failure.
        [ "$bad" -gt 0 ] || bad=1
    fi
    sed -n 's/^.*➜ *\(Test .* skipped.*\)$/skip \1/p' "$log" | sort | uniq -c | sort -rn | head -n 20
    count "$good" "$bad" "$skips" rooms
}

run_journey() {
    local journey=$1 label log code=0 good bad skips
    label=$(basename "$journey")
    log=$work/journeys/$label.log
    # shellcheck disable=SC2154 # `programs`: see above
    timeout --kill-after 10 900 "$root/Tests/Journeys/host" "$programs" "$journey" \
        </dev/null >"$log" 2>&1 || code=$?
    good=$(grep -c '^ok ' "$log" || true)
    bad=$(grep -c '^not ok ' "$log" || true)
    skips=$(grep -c '^skip ' "$log" || true)
    if [ "$bad" -eq 0 ] && { [ "$code" -ne 0 ] || [ $((good + skips)) -eq 0 ]; }; then
        bad=1
        printf 'not ok %s: ended with %d after %d claims\n' "$label" "$code" $((good + skips)) >>"$log"
    fi
    grep '^skip ' "$log" || true
    if [ "$bad" -gt 0 ]; then
        grep -v '^ok ' "$log" | tail -n 60 >&2 || true
        say "the whole log is $log"
    fi
    count "$good" "$bad" "$skips" "journey $label"
}

test_journeys() {
    local journey found=()
    for journey in "$root"/Tests/Journeys/*.sh "$root"/Tests/Journeys/*.py; do
        [ -x "$journey" ] || continue
        case ${journey##*/} in *"$filter"*) found+=("$journey") ;; esac
    done
    [ ${#found[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        count 0 0 ${#found[@]} 'journeys (they need root)'
        return
    fi
    ensure_built
    locate
    rm -rf "$work/journeys"
    mkdir -p "$work/journeys"
    for journey in "${found[@]}"; do run_journey "$journey"; done
}

run_tests() {
    local parts=both
    filter=
    while [ $# -gt 0 ]; do
        case $1 in
            --rooms) parts=rooms ;;
            --journeys) parts=journeys ;;
            --filter)
                [ $# -ge 2 ] || die 2 "--filter needs a name"
                filter=$2
                shift
                ;;
            *) die 2 "unknown argument $1; usage: ./bulkhead test [--rooms | --journeys] [--filter NAME]" ;;
        esac
        shift
    done
    mkdir -p "$work"
    [ "$parts" = journeys ] || test_rooms
    [ "$parts" = rooms ] || test_journeys
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
}

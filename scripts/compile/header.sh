#!/bin/sh
# sluice @VERSION@, Apache License 2.0. This one file is the whole program: the text that you read, then the Deno
# runtime and sluice itself, both compressed. The first start unpacks them into a private directory of the user who
# starts it; every later start runs them from there at once.
#
# The directory is the first of these that can be used:
#   $SLUICE_CACHE   /var/cache/sluice (root)   $XDG_CACHE_HOME/sluice   $HOME/.cache/sluice   ${TMPDIR:-/tmp}/sluice-UID
set -u

runtime_id=@RUNTIME_ID@
runtime_sum=@RUNTIME_SUM@
runtime_at=@RUNTIME_AT@
runtime_size=@RUNTIME_SIZE@
main_id=@MAIN_ID@
main_sum=@MAIN_SUM@
main_at=@MAIN_AT@
main_size=@MAIN_SIZE@
machine=@MACHINE@

fail() {
  echo "sluice: $*" >&2
  exit 1
}

unpack() {
  @UNPACK@
}

# A directory is used only when it is ours and nobody else's: what lies in it is going to be run.
ours() {
  [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ]
}

prepare() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then
    (umask 077 && mkdir -p "$1") 2>/dev/null || return 1
  fi
  ours "$1" && chmod 700 "$1" 2>/dev/null
}

# ready DIR: both parts lie there, whole (they are moved there last) and ours.
ready() {
  ours "$1" && [ -x "$1/$runtime_id/sluice" ] && [ -O "$1/$runtime_id/sluice" ] &&
    [ -f "$1/$main_id.js" ] && [ -O "$1/$main_id.js" ]
}

# part OFFSET SIZE SUM TARGET: unpacks one part next to its place, verifies it and puts it there. One that another
# start has put there meanwhile stays: it may be running already. Where there are no hard links it is replaced.
part() {
  tail -c "+$1" "$self" | head -c "$2" | unpack >"$4.$$" || { rm -f "$4.$$"; return 1; }
  if command -v sha256sum >/dev/null 2>&1; then
    echo "$3  $4.$$" | sha256sum -c - >/dev/null 2>&1 || {
      rm -f "$4.$$"
      fail "this file is damaged, or the disk is full: $4 does not have the right checksum"
    }
  fi
  chmod "$5" "$4.$$" || { rm -f "$4.$$"; return 1; }
  ln "$4.$$" "$4" 2>/dev/null || [ -f "$4" ] || { mv -f "$4.$$" "$4"; return; }
  rm -f "$4.$$"
}

install_into() {
  prepare "$1" || return 1
  @NEED@
  (
    umask 077
    mkdir -p "$1/$runtime_id" && ours "$1/$runtime_id" || exit 1
    [ -f "$1/$main_id.js" ] || part "$main_at" "$main_size" "$main_sum" "$1/$main_id.js" 600 || exit 1
    [ -f "$1/$runtime_id/sluice" ] ||
      part "$runtime_at" "$runtime_size" "$runtime_sum" "$1/$runtime_id/sluice" 700 || exit 1
  ) || return 1
  # Not executable where the file system is mounted with noexec: then the next place is tried.
  ready "$1"
}

case $0 in
  */*) self=$0 ;;
  *) self=$(command -v -- "$0") || fail "cannot find my own file: $0" ;;
esac

# No external command is run for the usual start, where everything is in place.
if [ -n "${SLUICE_CACHE-}" ]; then
  set -- "$SLUICE_CACHE" "" "" "" "$@"
else
  root= xdg= home=
  [ -w /var/cache ] && [ -O /var/cache ] && root=/var/cache/sluice
  [ -n "${XDG_CACHE_HOME-}" ] && xdg=$XDG_CACHE_HOME/sluice
  [ -n "${HOME-}" ] && [ -d "${HOME-}" ] && home=$HOME/.cache/sluice
  set -- "$root" "$xdg" "$home" "temporary" "$@"
fi

cache=
for try in "$1" "$2" "$3"; do
  if [ -n "$try" ] && ready "$try"; then
    cache=$try
    break
  fi
done
if [ -z "$cache" ]; then
  case $(uname -sm) in
    "$machine") ;;
    *) fail "this file is for $machine, this machine is $(uname -sm)" ;;
  esac
  temporary=
  [ "$4" = temporary ] && temporary=${TMPDIR:-/tmp}/sluice-$(id -u)
  for try in "$1" "$2" "$3" "$temporary"; do
    if [ -n "$try" ] && { ready "$try" || install_into "$try"; }; then
      cache=$try
      break
    fi
  done
fi
[ -n "$cache" ] || fail "no directory to unpack into: none of $1 $2 $3 ${temporary-} is a directory of this user" \
  "that can be written and run from; name one in SLUICE_CACHE"
shift 4

DENO_DIR=$cache/deno DENO_NO_UPDATE_CHECK=1
export DENO_DIR DENO_NO_UPDATE_CHECK
exec "$cache/$runtime_id/sluice" run @FLAGS@ "$cache/$main_id.js" "$@"
exit 1

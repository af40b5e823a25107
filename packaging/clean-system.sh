# shellcheck shell=bash
# Read by scripts that test in a system of their own: a Debian as it is before
# anybody installed anything. Needs root and debootstrap. It sets
#
#   work         a folder that is gone afterwards
#   root         the root of the system, once clean_system has made it
[ "$(id -u)" -eq 0 ] || { echo "${0##*/}: this needs root, for a system of its own" >&2; exit 1; }

work=$(mktemp -d)
root=$work/root
mounted=()
finish() {
	local i
	for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do umount -l "${mounted[i]}" || true; done
	rm -rf --one-file-system "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

note() { printf '%-58s %s\n' "$1" "$2"; }
die() { echo "${0##*/}: $1" >&2; exit 1; }
seconds() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f s", b - a }'; }
# quietly COMMAND: shows what it said only if it fails.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }
in_root() { chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
install_in_root() { quietly in_root apt-get install -q -y --no-install-recommends "$@"; }

# clean_system SUITE: from the same mirror as this machine's.
clean_system() {
	local mirror file place
	# shellcheck disable=SC2016 # apt-get expands it
	mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)
	quietly debootstrap --variant=minbase "$1" "$root" "$mirror"
	cp -rT /etc/apt/apt.conf.d "$root/etc/apt/apt.conf.d"
	for file in /etc/resolv.conf /etc/hosts; do cp -L "$file" "$root$file"; done
	for place in proc sys dev; do
		mkdir -p "$root/$place"
		mount --rbind "/$place" "$root/$place"
		mount --make-rslave "$root/$place"
		mounted+=("$root/$place")
	done
	quietly in_root apt-get update -q
}

# inside SCRIPT USER: runs a script in the system, in a network of its own: the
# virtual reader listens at a fixed port.
inside() {
	cp "$1" "$root/inside"
	mkdir -p "$root/home/$2"
	unshare --net -- bash -euo pipefail -c "
		ip link set lo up
		exec chroot '$root' env -i HOME='/home/$2' PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 bash /inside"
}

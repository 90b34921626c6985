#!/bin/sh
# Becomes the first process of a machine whose file system is ROOT, in namespaces of its own, and ends with its input: whoever holds
# the other end of that holds everything that runs there.
#
# usage: unshare --mount --net --pid --ipc --uts --fork enter.sh ROOT NODE
set -eu
root=$1 node=$2

mount --bind "$root" "$root"
# Node as somebody installed it: a file that nobody changes.
mount --bind "$node" "$root/usr/local/bin/node"
mount -o remount,bind,ro "$root/usr/local/bin/node"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -m 1777 "$root/run/lock"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  cp -a "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for number in 0:stdin 1:stdout 2:stderr; do
  ln -s "/proc/self/fd/${number%:*}" "$root/dev/${number#*:}"
done
hostname bare
ip link set lo up

# Not chroot: what Docker executes in a container starts from the root of the mounts.
cd "$root"
pivot_root . mnt
umount -l /mnt
echo ready
# bash, because it takes leave of the children that others left behind.
exec bash -c 'read -r _ || true'

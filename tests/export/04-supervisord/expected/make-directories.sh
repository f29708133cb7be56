#!/bin/sh
# Written by juniperctl: the directories of the services, once, as root.
set -eu
install -d -m 0755 /var/lib/juniper /var/log/juniper /var/cache/juniper
install -d -o juniper -g juniper -m 0750 /var/lib/juniper/data /var/lib/juniper/data/datasets /var/lib/juniper/data/imports /var/log/juniper/data /var/cache/juniper/data /var/lib/juniper/cascor /var/lib/juniper/cascor/snapshots /var/log/juniper/cascor /var/cache/juniper/cascor /var/lib/juniper/canopy /var/lib/juniper/canopy/snapshots /var/lib/juniper/canopy/logs /var/lib/juniper/canopy/layouts /var/log/juniper/canopy /var/cache/juniper/canopy /var/lib/juniper/worker/1 /var/lib/juniper/worker/1/snapshots /var/log/juniper/worker/1 /var/cache/juniper/worker/1 /var/lib/juniper/worker/2 /var/lib/juniper/worker/2/snapshots /var/log/juniper/worker/2 /var/cache/juniper/worker/2

#!/bin/sh
# Written by juniperctl: the directories of the services, once, as root.
set -eu
install -d -m 0755 /var/lib/juniper /var/log/juniper /var/cache/juniper
install -d -o juniper -g juniper -m 0750 /var/lib/juniper/data /var/lib/juniper/data/datasets /var/lib/juniper/data/imports /var/log/juniper/data /var/cache/juniper/data /var/lib/juniper/notebook /var/log/juniper/notebook /var/cache/juniper/notebook

//! How much room it takes, known before anything is written.
//!
//! Numbers are those of the lock files: at most what is written, never less.

use crate::error::{CommandError, Kind};
use crate::output::style::size;

use super::lock::Lock;

/// What a file system needs besides, so that it is not full to its last block.
const MARGIN: u64 = 64 << 20;

/// Room that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Need {
    /// Bytes to download.
    pub download: u64,
    /// Bytes that the environments take.
    pub installed: u64,
}

/// Room for these environments; `fetched` tells how many bytes of wheels are there already, `None` where nothing is
/// to be downloaded.
#[must_use]
pub fn need(locks: &[&Lock], processor: &str, fetched: Option<u64>) -> Need {
    // Files in common are fetched once and kept once; the second copy of one is there only until it is shared.
    let shared = locks
        .iter()
        .map(|lock| lock.shared)
        .max()
        .unwrap_or_default();
    let own = |lock: &&Lock| lock.installed.saturating_sub(lock.shared);
    let transient = if locks.iter().filter(|lock| lock.shared > 0).count() > 1 {
        shared
    } else {
        0
    };
    let own: u64 = locks.iter().map(own).sum();
    let download = match fetched {
        None => 0,
        Some(fetched) => {
            let downloads = |common: bool| {
                locks
                    .iter()
                    .filter(move |lock| (lock.shared > 0) == common)
                    .map(|lock| lock.download_on(processor))
            };
            // What has torch in common has most of its downloads in common, too: as many as the smallest of them has.
            let repeated = downloads(true).count().saturating_sub(1) as u64;
            let smallest = downloads(true).min().unwrap_or_default();
            (downloads(false).sum::<u64>() + downloads(true).sum::<u64>())
                .saturating_sub(smallest.saturating_mul(repeated))
                .saturating_sub(fetched)
        }
    };
    Need {
        download,
        installed: own + shared + transient,
    }
}

/// A place and the room that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The place.
    pub path: String,
    /// Which file system it is on.
    pub device: u64,
    /// Bytes that are free.
    pub free: u64,
}

/// Refuses what does not fit.
///
/// # Errors
/// The first file system that is too small.
pub fn fits(need: Need, environments: &Room, cache: &Room) -> Result<(), CommandError> {
    // pip keeps each download twice until all are whole; the second copy is gone when the first is unpacked.
    let downloading = need.download.saturating_mul(2);
    let wanted = if environments.device == cache.device {
        let unpacking = need.download.saturating_add(need.installed);
        vec![(environments, downloading.max(unpacking))]
    } else {
        vec![(environments, need.installed), (cache, downloading)]
    };
    for (room, bytes) in wanted {
        let with_margin = bytes.saturating_add(MARGIN);
        if bytes > 0 && room.free < with_margin {
            return Err(CommandError::new(
                Kind::Machine,
                format!(
                    "no room on the disk of {}: it takes {} for a while, {} are free; nothing was changed",
                    room.path,
                    size(with_margin),
                    size(room.free)
                ),
            )
            .hint("make room there; `juniperctl provision --prune` removes environments that nobody uses"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{MARGIN, Need, Room, fits, need};
    use crate::provision::lock::Lock;

    fn lock(torch: &str, download: u64, installed: u64, shared: u64) -> Lock {
        let digest = "0".repeat(64);
        Lock::parse(&format!(
            "# juniperctl-lock: 1\n# service: data\n# version: 1\n# torch: {torch}\n# python: 3.13\n# import: x\n\
             # download: x86_64 {download}\n# installed: {installed}\n# shared: {shared}\n\
             x==1 \\\n    --hash=sha256:{digest}\n"
        ))
        .unwrap()
    }

    #[test]
    fn what_is_common_is_counted_once_and_while_it_is_made() {
        let (data, cascor, canopy) = (
            lock("none", 10, 100, 0),
            lock("cuda", 3_000, 6_000, 5_000),
            lock("cuda", 3_100, 6_100, 5_000),
        );
        let all = need(&[&data, &cascor, &canopy], "x86_64", Some(0));
        assert_eq!(all.download, 3_110);
        assert_eq!(all.installed, 100 + 1_000 + 1_100 + 2 * 5_000);
        let worker = lock("cuda", 2_900, 5_900, 5_000);
        let with_worker = need(&[&data, &cascor, &canopy, &worker], "x86_64", Some(0));
        assert_eq!(with_worker.download, 10 + 2_900 + 100 + 200);
        let one = need(&[&cascor], "x86_64", None);
        assert_eq!((one.download, one.installed), (0, 6_000));
        assert_eq!(need(&[], "x86_64", Some(0)), Need::default());
    }

    #[test]
    fn what_does_not_fit_is_refused_before_anything_is_written() {
        let room = |device, free| Room {
            path: "/opt/juniper".to_owned(),
            device,
            free,
        };
        let need = Need {
            download: 10,
            installed: 1_000,
        };
        let small = room(1, MARGIN + 1_009);
        assert!(fits(need, &small, &small).is_err());
        let enough = room(1, MARGIN + 1_010);
        assert!(fits(need, &enough, &enough).is_ok());
        assert!(fits(need, &small, &room(2, MARGIN + 20)).is_ok());
        let told = fits(need, &small, &room(2, 0)).unwrap_err();
        assert!(told.message.contains("nothing was changed"), "{told}");
    }
}

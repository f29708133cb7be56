//! A directory on another machine that is there as long as [`Stage`] is: it goes when its keeper there hears
//! the end of its input, which comes however this process, or the connection, ends.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin};

use crate::host::clock;

use super::streams::Streams;
use super::{Remote, RemoteError, TRANSFER};

/// Makes the directory, fills it with a program (`$1` bytes, digest `$2`) and a configuration (`$3` bytes),
/// laid over the one that is there, says where it is, and stays. Nothing of it is for others to read.
const SCRIPT: &str = "LC_ALL=C; export LC_ALL; umask 077; d=$(mktemp -d /var/tmp/juniperctl.XXXXXX) || exit 1; \
    trap \"rm -rf $d\" EXIT; trap \"exit 1\" HUP INT TERM PIPE; \
    if [ $1 -gt 0 ]; then head -c $1 >$d/juniperctl || exit 1; \
    [ $(sha256sum <$d/juniperctl | cut -d\" \" -f1) = $2 ] || { echo damaged on the way >&2; exit 1; }; \
    chmod 700 $d/juniperctl; fi; \
    if [ -f /etc/juniper/juniper.toml ]; then cat /etc/juniper/juniper.toml >$d/juniper.toml; else : >$d/juniper.toml; fi; \
    mkdir $d/juniper.toml.d; for f in /etc/juniper/juniper.toml.d/*.toml; do \
    if [ -f $f ]; then cat $f >$d/juniper.toml.d/${f##*/}; fi; done; \
    if [ $3 -gt 0 ]; then head -c $3 >$d/juniper.toml.d/90-this-host.toml || exit 1; fi; \
    echo $d; cat >/dev/null";

/// A directory of ours on another machine.
#[derive(Debug)]
pub struct Stage {
    directory: String,
    _keeper: Child,
    _waits: ChildStdin,
}

impl Stage {
    /// Where it is there.
    #[must_use]
    pub fn directory(&self) -> &str {
        &self.directory
    }
}

impl Remote {
    /// Makes a directory there with a program, unless that is empty, and a configuration.
    ///
    /// # Errors
    /// The connection is lost, there is no room, or what arrives is not what was sent.
    pub async fn stage(
        &self,
        program: &[u8],
        digest: &str,
        configuration: &str,
    ) -> Result<Stage, RemoteError> {
        let tried = "put files there";
        let sizes = [program.len(), configuration.len()].map(|size| size.to_string());
        let [size, length] = &sizes;
        let Streams {
            child: keeper,
            input: mut pipe,
            mut output,
            mut errors,
        } = Streams::of(self.session(SCRIPT, &[size, digest, length]))?;
        let work = async {
            // Why it does not read to the end is on its standard error.
            drop(pipe.write_all(program).await);
            drop(pipe.write_all(configuration.as_bytes()).await);
            drop(pipe.flush().await);
            let mut said = String::new();
            let mut buffer = [0; 256];
            while !said.contains('\n') {
                match output.read(&mut buffer).await {
                    Ok(count @ 1..) => said.push_str(&String::from_utf8_lossy(
                        buffer.get(..count).unwrap_or_default(),
                    )),
                    _ => break,
                }
            }
            said
        };
        let Some(said) = clock::within(TRANSFER, work).await else {
            return Err(RemoteError::Late {
                tried: tried.to_owned(),
                limit: TRANSFER,
            });
        };
        let directory = said.trim_end().to_owned();
        if is_ours(&directory) {
            return Ok(Stage {
                directory,
                _keeper: keeper,
                _waits: pipe,
            });
        }
        let mut why = String::new();
        drop(clock::within(super::STEP, errors.read_to_string(&mut why)).await);
        let why = super::lines(&why).pop();
        Err(why.map_or(RemoteError::Lost, |why| RemoteError::failed(tried, &why)))
    }
}

/// Whether it is a directory as the script makes it.
fn is_ours(directory: &str) -> bool {
    directory
        .strip_prefix("/var/tmp/juniperctl.")
        .is_some_and(|name| name.len() == 6 && name.chars().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_what_the_script_makes_is_taken_for_ours() {
        assert!(is_ours("/var/tmp/juniperctl.aB3xyz"));
        for bad in [
            "",
            "/",
            "/var/tmp/juniperctl.",
            "/var/tmp/juniperctl.../..",
            "/var/tmp/juniperctl.a;b c",
        ] {
            assert!(!is_ours(bad), "{bad}");
        }
    }
}

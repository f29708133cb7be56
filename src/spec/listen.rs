//! `[watchdog] listen`: where the watchdog's page and metrics are, on this machine only.
//!
//! What the page shows is nobody's business beyond the machine, and nothing here asks who somebody
//! is: whoever wants it elsewhere puts a scraper or a reverse proxy, which does, in front of it.
//! Only the value; nothing is opened here.

use std::fmt;
use std::net::SocketAddr;

use super::fault::Problem;

/// Ports below need a privilege that the watchdog does not have.
const FIRST_FREE: u16 = 1024;

/// Where it listens besides its Unix socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Listen {
    /// Nowhere.
    #[default]
    Nowhere,
    /// At a loopback address.
    At(SocketAddr),
}

impl Listen {
    /// Takes `ADDRESS:PORT` or `none`.
    ///
    /// # Errors
    /// Says what is allowed and what to do instead.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        if text == "none" {
            return Ok(Self::Nowhere);
        }
        let Ok(address) = text.parse::<SocketAddr>() else {
            return Err(
                Problem::invalid("an address of this machine and a port, or none")
                    .help("write \"127.0.0.1:8060\", \"[::1]:8060\" or \"none\""),
            );
        };
        if !address.ip().is_loopback() {
            return Err(
                Problem::invalid("not an address of this machine alone").help(
                    "the page is open to whoever reaches it: listen on 127.0.0.1, and put a \
                     scraper or a reverse proxy that asks for a password on this machine",
                ),
            );
        }
        if address.port() < FIRST_FREE {
            return Err(Problem::invalid("a port from 1024 to 65535")
                .help("the watchdog has no privilege to open a lower one"));
        }
        Ok(Self::At(address))
    }

    /// The address, if there is one.
    #[must_use]
    pub fn address(self) -> Option<SocketAddr> {
        match self {
            Self::Nowhere => None,
            Self::At(address) => Some(address),
        }
    }

    /// The page's address, as a browser on this machine takes it.
    #[must_use]
    pub fn url(self) -> Option<String> {
        self.address().map(|address| format!("http://{address}/"))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => formatter.write_str("none"),
            Self::At(address) => address.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Listen;

    #[test]
    fn only_this_machine_is_listened_to() {
        for text in ["127.0.0.1:8060", "127.3.2.1:1024", "[::1]:65535", "none"] {
            assert_eq!(Listen::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "8060",
            ":8060",
            "localhost:8060",
            "0.0.0.0:8060",
            "[::]:8060",
            "192.168.1.4:8060",
            "[::ffff:127.0.0.1]:8060",
            "127.0.0.1:80",
            "127.0.0.1:0",
            "127.0.0.1",
            "127.0.0.1:8060\n",
            "None",
        ] {
            assert!(Listen::parse(text).is_err(), "{text:?}");
        }
        let url = |text| Listen::parse(text).unwrap().url();
        assert_eq!(url("none"), None);
        assert_eq!(url("[::1]:8060").as_deref(), Some("http://[::1]:8060/"));
    }
}

//! What a service is confined to, as systemd has it in force: its control group, and whom it may talk to.
//!
//! Asked of one unit at a time, by whoever watches what it is denied.

use crate::learn::address_filter::AddressFilter;
use crate::readiness::unit_state::UnitState;

use super::{BusError, Systemd};

const SERVICE: &str = "org.freedesktop.systemd1.Service";

impl Systemd {
    /// The control group of a unit below that of all; empty where nothing of it runs.
    ///
    /// # Errors
    /// The unit cannot be asked.
    pub async fn control_group(&self, state: &UnitState) -> Result<String, BusError> {
        self.service_property(state, "ControlGroup").await
    }

    /// Which addresses a service may talk to, drop-ins included.
    ///
    /// # Errors
    /// The unit cannot be asked.
    pub async fn address_filter(&self, state: &UnitState) -> Result<AddressFilter, BusError> {
        Ok(AddressFilter {
            allow: self.service_property(state, "IPAddressAllow").await?,
            deny: self.service_property(state, "IPAddressDeny").await?,
        })
    }

    async fn service_property<T>(&self, state: &UnitState, name: &str) -> Result<T, BusError>
    where
        T: Default + TryFrom<zbus::OwnedVariant>,
    {
        let tried = |error: zbus::Error| {
            BusError::call(&format!("ask systemd for {name} of a unit"), &error)
        };
        let properties = self.properties(state).await.map_err(tried)?;
        let value = properties.get(SERVICE, name).await.map_err(tried)?;
        Ok(T::try_from(value).unwrap_or_default())
    }
}

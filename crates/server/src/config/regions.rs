//! The regions of the configuration: which are served where, and what is known of each.

use std::net::SocketAddr;

use cairn_region::{Region, Regions};
use cairn_types::RegionName;

use super::Config;
use crate::failure::Failure;

/// A region to serve, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facility {
    pub(crate) region: RegionName,
    pub(crate) listen: Vec<SocketAddr>,
}

impl Config {
    /// The regions to serve, in the order given: those of `regions`, or the one of `region`.
    pub(crate) fn facilities(&self) -> Vec<Facility> {
        let mut facilities: Vec<Facility> = Vec::new();
        for (region, address) in &self.regions {
            match facilities.iter_mut().find(|facility| facility.region == *region) {
                Some(facility) => facility.listen.push(*address),
                None => facilities.push(Facility {
                    region: region.clone(),
                    listen: vec![*address],
                }),
            }
        }
        if facilities.is_empty() {
            facilities.extend(self.region.clone().map(|region| Facility {
                region,
                listen: self.listen.clone(),
            }));
        }
        facilities
    }

    /// The regions as endpoints and DNS know them. `bound` has the addresses each facility came to
    /// listen on.
    pub(crate) fn known_regions(&self, bound: &[Facility]) -> Result<Regions, Failure> {
        let regions = bound.iter().map(|facility| {
            let name = &facility.region;
            let mut region = Region::new(name.clone());
            if let Some(class) = of(&self.region_launch_classes, name).next() {
                region.class = *class;
            }
            if let Some(dash) = of(&self.region_dash, name).next() {
                region.dash = *dash;
            }
            region.addresses = of(&self.region_addresses, name).copied().collect();
            if region.addresses.is_empty() {
                let listened = facility.listen.iter().map(SocketAddr::ip);
                region.addresses = listened.filter(|address| !address.is_unspecified()).collect();
                region.addresses.dedup();
            }
            let listened = facility.listen.iter().map(SocketAddr::port);
            for port in of(&self.region_ports, name).copied().chain(listened) {
                if !region.ports.contains(&port) {
                    region.ports.push(port);
                }
            }
            region
        });
        Regions::new(regions.collect(), &self.domain)
            .map_err(|error| Failure::usage(format!("regions: {error}")))
    }

    /// What no setting of a region can see by itself.
    pub(super) fn check_regions(&self) -> Result<(), String> {
        let facilities = self.facilities();
        let described = [
            ("region-addresses", names(&self.region_addresses)),
            ("region-ports", names(&self.region_ports)),
            ("region-launch-classes", names(&self.region_launch_classes)),
            ("region-dash", names(&self.region_dash)),
        ];
        for (setting, names) in described {
            for name in names {
                if !facilities.iter().any(|facility| facility.region == *name) {
                    return Err(format!("{setting}: {name} is not among the regions served"));
                }
            }
        }
        let regions = self
            .known_regions(&facilities)
            .map_err(|failure| failure.to_string())?;
        let hidden = regions.iter().find(|region| region.addresses.is_empty());
        match hidden {
            Some(region) if !self.dns_listen.is_empty() => Err(format!(
                "dns-listen: {0} listens on every address of the machine, so DNS does not know which to give away; name \
                 its public ones with --region-addresses {0}=IP",
                region.name
            )),
            _ => Ok(()),
        }
    }
}

fn of<'a, T>(items: &'a [(RegionName, T)], name: &'a RegionName) -> impl Iterator<Item = &'a T> {
    items
        .iter()
        .filter(move |(region, _)| region == name)
        .map(|(_, value)| value)
}

fn names<T>(items: &[(RegionName, T)]) -> Vec<&RegionName> {
    items.iter().map(|(name, _)| name).collect()
}

//! Which addresses of a region are in service now.
//!
//! The zone asks through a trait, so that whoever knows (a prober, a drain, an operator's hand) can be put
//! behind it. [`InService`] is the answer of one process: the configured addresses without those marked as
//! out. An address is marked by region, since two regions may share one address at different ports.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use cairn_region::Regions;
use cairn_types::RegionName;
use parking_lot::RwLock;

/// Knows where a region can be reached.
pub trait Facilities: Send + Sync + 'static {
    /// The addresses of the region that are in service now; draining and failing ones left out. Empty
    /// where the region has none at all: its names then exist without addresses.
    fn addresses(&self, region: &RegionName) -> Vec<IpAddr>;
}

/// The addresses of [`Regions`] without those marked as out of service. Cheap to clone; clones share
/// the marks.
///
/// Where every address of a region is out, all of them are handed out (fail open). An answer without
/// addresses would help nobody and would be kept by resolvers beyond the end of the trouble; and when all
/// checks fail at once, it is as likely the checks that are wrong.
#[derive(Debug, Clone)]
pub struct InService {
    regions: Arc<Regions>,
    out: Arc<RwLock<HashSet<(RegionName, IpAddr)>>>,
}

impl InService {
    /// All addresses in service.
    pub fn new(regions: Arc<Regions>) -> Self {
        Self {
            regions,
            out: Arc::default(),
        }
    }

    /// Marks one address of a region as in service or out of it, and says whether that changed anything.
    /// What is not an address of a region of the deployment is ignored, so the marks are bounded by the
    /// configuration.
    pub fn set(&self, region: &RegionName, address: IpAddr, in_service: bool) -> bool {
        if in_service {
            return self.out.write().remove(&(region.clone(), address));
        }
        let known = self
            .regions
            .get(region)
            .is_some_and(|region| region.addresses.contains(&address));
        known && self.out.write().insert((region.clone(), address))
    }

    /// Whether every address of a region is marked as out, so that all are handed out all the same.
    pub(crate) fn is_all_out(&self, region: &RegionName) -> bool {
        let out = self.out.read();
        let addresses = self
            .regions
            .get(region)
            .map_or(&[][..], |region| &region.addresses);
        addresses
            .iter()
            .all(|address| out.contains(&(region.clone(), *address)))
    }

    /// Marks all addresses of a region: a facility that drains, or is back.
    pub fn set_region(&self, region: &RegionName, in_service: bool) {
        let addresses = self
            .regions
            .get(region)
            .map_or(&[][..], |region| &region.addresses);
        for address in addresses {
            self.set(region, *address, in_service);
        }
    }
}

impl Facilities for InService {
    fn addresses(&self, region: &RegionName) -> Vec<IpAddr> {
        let Some(region) = self.regions.get(region) else {
            return Vec::new();
        };
        let out = self.out.read();
        let usable: Vec<IpAddr> = region
            .addresses
            .iter()
            .copied()
            .filter(|address| !out.contains(&(region.name.clone(), *address)))
            .collect();
        if usable.is_empty() {
            region.addresses.clone()
        } else {
            usable
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cairn_region::Region;

    #[test]
    fn addresses_out_of_service_are_left_out_until_all_are() {
        let name = RegionName::parse("eu-west-1").unwrap();
        let other = RegionName::parse("us-east-1").unwrap();
        let [one, two]: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        let region = |name: &RegionName, addresses| Region {
            addresses,
            ..Region::new(name.clone())
        };
        let regions = vec![region(&name, vec![one, two]), region(&other, vec![one])];
        let facilities = InService::new(Arc::new(Regions::new(regions, "localhost").unwrap()));
        assert_eq!(facilities.addresses(&name), [one, two]);
        assert!(facilities.set(&name, one, false));
        assert!(!facilities.set(&name, one, false), "already out");
        assert_eq!(facilities.addresses(&name), [two]);
        assert_eq!(facilities.addresses(&other), [one], "the other region's stays");
        // All out: all are handed out.
        assert!(!facilities.is_all_out(&name));
        facilities.set_region(&name, false);
        assert!(facilities.is_all_out(&name));
        assert_eq!(facilities.addresses(&name), [one, two]);
        assert!(facilities.set(&name, two, true));
        assert_eq!(facilities.addresses(&name), [two]);
        facilities.set_region(&name, true);
        assert_eq!(facilities.addresses(&name), [one, two]);
        // Nothing that is not there is remembered.
        let stranger = RegionName::parse("eu-north-1").unwrap();
        assert!(!facilities.set(&stranger, one, false));
        assert!(!facilities.set(&name, "192.0.2.9".parse().unwrap(), false));
        assert!(facilities.out.read().is_empty());
        assert!(facilities.addresses(&stranger).is_empty());
    }
}

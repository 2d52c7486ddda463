//! The redirect decision: who answers, and if it is not the bucket's home, how the client is told.
//!
//! Facts/02 §1 is the table. Two rules of Cairn's own complete it, since one process may serve several
//! regions. The region of a request is the one its host name means; where the name means none, or one
//! that is not served here, it is that of the listener it arrived at. And a bucket's global name is
//! served by the listener of the bucket's home, because that is where DNS sends it once the bucket's
//! record is published (facts/01 §4).

#[cfg(test)]
mod tests;

use cairn_protocol::address::{Endpoint, Style};
use cairn_types::RegionName;

use crate::{LaunchClass, Regions};

/// What the request wants, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// CreateBucket: what becomes of a name that is taken is its own answer (facts/02 §4).
    CreateBucket,
    /// GetBucketLocation: answered by every region (facts/02 §3).
    GetBucketLocation,
    /// Anything else.
    Other,
}

/// A request and what the directory says of its bucket.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// The endpoint its host names.
    pub endpoint: &'a Endpoint,
    /// How it names the bucket.
    pub style: Style,
    /// The region of the listener it arrived at.
    pub arrived: &'a RegionName,
    /// The home of its bucket; `None` where it names none, or one that does not exist.
    pub home: Option<&'a RegionName>,
    /// What it wants.
    pub purpose: Purpose,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The facility serves it.
    Serve,
    /// 307 TemporaryRedirect to the bucket's own host in this region, with `Location`.
    TemporaryRedirect(RegionName),
    /// 301 PermanentRedirect, naming the bucket's own host in this region, without `Location`.
    PermanentRedirect(RegionName),
    /// 400 IllegalLocationConstraintException about this region.
    Incompatible(RegionName),
    /// 400 IncorrectEndpoint of a website endpoint, in HTML (facts/01 §5).
    IncorrectEndpoint(RegionName),
}

/// The rule that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Because {
    /// No bucket is named, or none of that name exists: there is nowhere to send the client.
    NoBucket,
    /// CreateBucket answers for a taken name itself.
    Creates,
    /// GetBucketLocation is answered everywhere.
    TellsLocation,
    /// The request reached the bucket's home.
    Home,
    /// The bucket's global name reached the bucket's home, as DNS sends it after publication.
    GlobalNamePublished,
    /// The bucket's global name reached another region: DNS does not know the bucket's home yet, or was
    /// not asked.
    GlobalName,
    /// The global endpoint, path style: only the default region's buckets are there.
    GlobalPath,
    /// Another region's endpoint, path style.
    RegionalPath,
    /// Another region's endpoint, virtual-hosted.
    RegionalHost,
    /// A host that is no endpoint name, at another region's listener.
    OwnName,
    /// The bucket's home was launched after 2019-03-20.
    NewHome,
    /// The facility was launched after 2019-03-20.
    NewFacility,
    /// A website endpoint of another region.
    Website,
}

impl Because {
    /// The rule in a sentence, for the operator.
    pub fn text(self) -> &'static str {
        match self {
            Self::NoBucket => "the request names no bucket that exists, so the region it reached answers",
            Self::Creates => {
                "CreateBucket is answered by the region it reached, also where the name is taken"
            }
            Self::TellsLocation => "GetBucketLocation is answered by every region",
            Self::Home => "the request reached the bucket's home region",
            Self::GlobalNamePublished => {
                "the bucket's global name reached the bucket's home, as DNS sends it once the record is published"
            }
            Self::GlobalName => {
                "the bucket's global name reached another region than the bucket's home: its DNS record is not \
                 published yet, or the client did not ask this DNS"
            }
            Self::GlobalPath => "the global endpoint serves, path style, buckets of the default region only",
            Self::RegionalPath => "a region's endpoint serves, path style, buckets of that region only",
            Self::RegionalHost => "a region's endpoint serves buckets of that region only",
            Self::OwnName => {
                "a host that is no endpoint name means the region of the listener, which is not the bucket's home"
            }
            Self::NewHome => {
                "the bucket's home was launched after 2019-03-20: such regions answer wrong endpoints with 400, \
                 and DNS never sends the global name there"
            }
            Self::NewFacility => {
                "the region the request reached was launched after 2019-03-20: such regions do not redirect"
            }
            Self::Website => "a website endpoint serves buckets of its region only",
        }
    }
}

/// The answer, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The region that answers: signatures must be for it.
    pub facility: RegionName,
    /// What it answers.
    pub answer: Answer,
    /// By which rule.
    pub because: Because,
}

/// Decides (facts/02 §1, in the order of its table).
pub fn decide(regions: &Regions, question: &Question<'_>) -> Decision {
    let meant = regions.meant_by(question.endpoint).map(|region| &region.name);
    let facility = meant.unwrap_or(question.arrived);
    let decision = |facility: &RegionName, answer, because| Decision {
        facility: facility.clone(),
        answer,
        because,
    };
    let serve = |facility, because| decision(facility, Answer::Serve, because);
    let Some(home) = question.home else {
        return serve(facility, Because::NoBucket);
    };
    match question.purpose {
        Purpose::CreateBucket => return serve(facility, Because::Creates),
        Purpose::GetBucketLocation => return serve(facility, Because::TellsLocation),
        Purpose::Other => {}
    }
    // A name of a region that is not served here is a wrong endpoint, wherever it arrived.
    let stranger = meant.is_none().then(|| question.endpoint.region()).flatten();
    let reached = stranger.as_ref().unwrap_or(facility);
    if reached == home {
        return serve(facility, Because::Home);
    }
    let global_name = *question.endpoint == Endpoint::Global && question.style == Style::VirtualHosted;
    if global_name && question.arrived == home {
        return serve(home, Because::GlobalNamePublished);
    }
    if let Endpoint::Website(_) = question.endpoint {
        return decision(
            facility,
            Answer::IncorrectEndpoint(home.clone()),
            Because::Website,
        );
    }
    if regions.class(home) == LaunchClass::OptIn {
        return decision(facility, Answer::Incompatible(home.clone()), Because::NewHome);
    }
    if regions.class(reached) == LaunchClass::OptIn {
        return decision(facility, Answer::Incompatible(home.clone()), Because::NewFacility);
    }
    let because = match (question.endpoint, question.style) {
        (Endpoint::Global, Style::VirtualHosted) => {
            return decision(
                facility,
                Answer::TemporaryRedirect(home.clone()),
                Because::GlobalName,
            );
        }
        (Endpoint::Global, _) => Because::GlobalPath,
        (Endpoint::Regional { .. }, Style::Path) => Because::RegionalPath,
        (Endpoint::Regional { .. }, _) => Because::RegionalHost,
        _ => Because::OwnName,
    };
    decision(facility, Answer::PermanentRedirect(home.clone()), because)
}

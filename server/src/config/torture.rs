//! What only a build with failpoints can be told. A product refuses these keys as it refuses every name
//! that is no setting.

use std::{num::NonZeroU32, sync::Arc};

use portal::{failpoint::Failpoint, pace::Pace};

use super::reader::Reader;

/// What only a build with failpoints can be told.
///
/// - `FAILPOINT`: where the process dies: `name`, `name:nth` or `name:nth=stop`.
/// - `PACE`: how many times faster than in production whatever it waits for passes.
#[derive(Clone, Debug)]
pub struct Torture {
    /// Where it dies.
    pub failpoint: Option<Arc<Failpoint>>,
    /// How fast waiting passes.
    pub pace: Pace,
}

impl Torture {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let failpoint = reader.optional("failpoint", "name, name:nth or name:nth=stop", |text| {
            text.parse().ok().map(Arc::new)
        });
        let pace = reader.with_default("pace", "1", "a number from 1 to 1000", |text| {
            let times: NonZeroU32 = text.parse().ok()?;
            (times.get() <= 1000).then(|| Pace::faster(times))
        });
        Some(Self {
            failpoint: failpoint?,
            pace: pace?,
        })
    }
}

//! Every state that can be reached, each looked at once.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use super::{
    steps::steps,
    world::{Setting, World},
};

/// What was found.
pub(super) struct Explored {
    pub(super) states: usize,
    /// States in which everything has ended.
    pub(super) ends: usize,
    /// The first promise that was broken.
    pub(super) broken: Option<&'static str>,
    /// The steps that led there.
    pub(super) way: Vec<&'static str>,
    /// A state in which nothing can happen any more and somebody still waits.
    pub(super) stuck: Option<World>,
}

/// From where, and by which step, each state was first reached.
type Seen = HashMap<[u64; 3], (u32, &'static str), BuildHasherDefault<Fast>>;

/// Goes every way from `start`.
pub(super) fn explore(setting: Setting, start: World) -> Explored {
    let mut seen = Seen::default();
    let mut order = vec![start];
    seen.insert(start.pack(), (0, "the beginning"));
    let mut explored = Explored {
        states: 0,
        ends: 0,
        broken: None,
        way: Vec::new(),
        stuck: None,
    };
    let mut place = 0;
    let mut next = Vec::new();
    while place < order.len() {
        let world = order[place];
        explored.states += 1;
        if let Some(promise) = world.broken_promise() {
            explored.broken = Some(promise);
            explored.way = way_to(&order, &seen, world);
            return explored;
        }
        next.clear();
        steps(setting, world, &mut next);
        // Trouble need not come: without it everything must come to its end all the same.
        if next.iter().all(|(_, _, trouble)| *trouble) {
            if world.has_ended() {
                explored.ends += 1;
            } else {
                explored.stuck = Some(world);
                explored.way = way_to(&order, &seen, world);
                return explored;
            }
        }
        for (step, world, _) in next.drain(..) {
            seen.entry(world.pack()).or_insert_with(|| {
                order.push(world);
                (u32::try_from(place).expect("fits"), step)
            });
        }
        place += 1;
    }
    explored
}

fn way_to(order: &[World], seen: &Seen, mut world: World) -> Vec<&'static str> {
    let mut way = Vec::new();
    loop {
        let (from, step) = seen[&world.pack()];
        way.push(step);
        if world == order[0] {
            way.reverse();
            return way;
        }
        world = order[from as usize];
    }
}

/// Good enough for states, and fast without optimisation.
#[derive(Default)]
pub(super) struct Fast(u64);

impl Hasher for Fast {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

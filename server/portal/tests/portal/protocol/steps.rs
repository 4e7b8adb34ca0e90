//! Everything that can happen next.

use super::world::{
    ATTEMPTS, Attempt, Explained, Fence, Look, Phase, Post, Request, STRANGER, Setting, State,
    Task, World,
};

/// A step: its name, what it leads to, and whether it is trouble that need not come.
pub(super) type Step = (&'static str, World, bool);

struct Taker<'a> {
    setting: Setting,
    world: World,
    next: &'a mut Vec<Step>,
}

/// All steps from here.
pub(super) fn steps(setting: Setting, world: World, next: &mut Vec<Step>) {
    let mut taker = Taker {
        setting,
        world,
        next,
    };
    for replica in 0..2 {
        taker.click(replica);
        taker.task(replica);
        taker.look(replica);
        taker.trouble(replica);
    }
    for attempt in 0..ATTEMPTS {
        taker.atlas(attempt);
        taker.time(attempt);
        taker.reaper(attempt);
        taker.security(attempt);
    }
    taker.sweep();
}

fn task_fence(replica: usize) -> Fence {
    [Fence::OfTask0, Fence::OfTask1][replica]
}

fn look_fence(replica: usize) -> Fence {
    [Fence::OfLook0, Fence::OfLook1][replica]
}

impl Taker<'_> {
    fn take(&mut self, name: &'static str, change: impl FnOnce(&mut World)) {
        let mut world = self.world;
        change(&mut world);
        self.next.push((name, world, false));
    }

    fn trouble_is(&mut self, name: &'static str, change: impl FnOnce(&mut World)) {
        let mut world = self.world;
        change(&mut world);
        self.next.push((name, world, true));
    }

    /// T1: the intent.
    fn click(&mut self, replica: usize) {
        let world = &self.world;
        let free = world
            .attempts
            .iter()
            .position(|one| one.state == State::Absent);
        let open = world.attempts.iter().any(|one| {
            one.state.is_open()
                || matches!(one.state, State::Issued | State::Lost | State::Ambiguous)
        });
        let Some(free) = free.filter(|_| world.clicks_left > 0 && !open) else {
            return;
        };
        if world.request == Request::Approved && world.tasks[replica].place == Task::Idle {
            // Nobody has to click: that it waits for them is an end.
            self.trouble_is("a click", |world| {
                world.clicks_left -= 1;
                world.request = Request::Issuing;
                world.attempts[free].state = State::Prepared;
                world.tasks[replica].place = Task::Begun;
                world.tasks[replica].attempt = u8::try_from(free).expect("small");
            });
        }
    }

    fn task(&mut self, replica: usize) {
        let at = self.world.tasks[replica];
        let number = usize::from(at.attempt);
        let attempt = self.world.attempts[number];
        let own = attempt.fence == task_fence(replica);
        let go = |place: Task| move |world: &mut World| world.tasks[replica].place = place;
        match at.place {
            Task::Idle => {}
            Task::Begun => {
                if attempt.fence == Fence::Down {
                    self.take("the task raises its fence", |world| {
                        world.attempts[number].fence = task_fence(replica);
                        world.tasks[replica].place = Task::Fenced;
                    });
                } else {
                    self.take("the fence is somebody else's", go(Task::Idle));
                }
                self.take("the fence cannot be raised", go(Task::KnowsNotSent));
            }
            Task::Fenced => {
                self.take("the baseline is read", |world| {
                    world.tasks[replica].list = world.listed();
                    world.tasks[replica].place = Task::Based;
                });
                self.take("the baseline cannot be read", go(Task::KnowsNotSent));
            }
            Task::Based => {
                self.take("the start is not committed", go(Task::KnowsNotSent));
                if attempt.state == State::Prepared || !self.setting.rules.start_checked {
                    let start = move |world: &mut World| {
                        let attempt = &mut world.attempts[number];
                        if attempt.state == State::Prepared {
                            attempt.state = State::Calling;
                            attempt.baseline = at.list;
                        }
                        world.tasks[replica].list = 0;
                    };
                    self.take("the start is committed", |world| {
                        start(world);
                        world.tasks[replica].place = Task::Started;
                    });
                    self.take("the start is committed, and nobody can prove it", |world| {
                        start(world);
                        world.tasks[replica].place = Task::KnowsNotSent;
                    });
                }
            }
            Task::Started => {
                let may = own && attempt.phase == Phase::Early;
                if may || !self.setting.rules.fence_checked {
                    self.take("the call is sent", |world| {
                        let attempt = &mut world.attempts[number];
                        world.off_record |= attempt.state == State::Prepared
                            || matches!(attempt.state, State::NotSent | State::Absent);
                        attempt.post = Post::InFlight;
                        world.tasks[replica].place = Task::Sent;
                    });
                    self.take("no connection", go(Task::KnowsNotSent));
                } else {
                    self.take("it is too late to send", go(Task::KnowsNotSent));
                }
            }
            Task::Sent => {
                match attempt.post {
                    Post::Made | Post::Listed if attempt.odd => {}
                    Post::Made | Post::Listed => {
                        self.take("Atlas hands it out", go(Task::KnowsIssued));
                    }
                    Post::Refused => self.take("Atlas refuses", go(Task::KnowsRejected)),
                    _ => {}
                }
                self.take("the answer is lost, or odd", go(Task::KnowsUnknown));
            }
            Task::KnowsNotSent | Task::KnowsRejected | Task::KnowsUnknown | Task::KnowsIssued => {
                self.take("the outcome is recorded", |world| {
                    record(world, replica, number);
                });
            }
        }
    }

    /// Who finds out what became of a lost answer.
    fn look(&mut self, replica: usize) {
        let at = self.world.looks[replica];
        let number = usize::from(at.attempt);
        match at.place {
            Look::Idle => {
                for (number, attempt) in self.world.attempts.into_iter().enumerate() {
                    let due = attempt.state == State::Unknown && attempt.phase >= Phase::Overdue;
                    if due && attempt.fence == Fence::Down {
                        self.take("somebody looks", |world| {
                            world.attempts[number].fence = look_fence(replica);
                            world.looks[replica].place = Look::Fenced;
                            world.looks[replica].attempt = u8::try_from(number).expect("small");
                        });
                    }
                }
            }
            Look::Fenced => {
                let late = self.world.attempts[number].phase == Phase::Settled;
                let setting = self.setting;
                self.take("the list is read, and what is others' recorded", |world| {
                    let list = world.listed();
                    record_others(world, setting, list);
                    world.looks[replica].list = list;
                    world.looks[replica].place = if late {
                        Look::ReadLate
                    } else {
                        Look::ReadEarly
                    };
                });
                self.take("the list cannot be read", |world| leave(world, replica));
            }
            Look::ReadEarly | Look::ReadLate => {
                let setting = self.setting;
                self.take("what the list says is recorded", |world| {
                    let window_over = at.place == Look::ReadLate || !setting.rules.window_awaited;
                    if world.attempts[number].state == State::Unknown {
                        conclude(world, setting, number, at.list, window_over);
                    }
                    leave(world, replica);
                });
            }
        }
    }

    /// Processes die, and connections break.
    fn trouble(&mut self, replica: usize) {
        let (kills, cuts) = (self.world.kills_left, self.world.cuts_left);
        let fences = [task_fence(replica), look_fence(replica)];
        let drop_fences = move |world: &mut World| {
            for attempt in &mut world.attempts {
                if fences.contains(&attempt.fence) {
                    attempt.fence = Fence::Down;
                }
            }
        };
        if kills > 0 {
            self.trouble_is("a process dies", |world| {
                world.kills_left -= 1;
                drop_fences(world);
                (world.tasks[replica].place, world.tasks[replica].list) = (Task::Idle, 0);
                (world.looks[replica].place, world.looks[replica].list) = (Look::Idle, 0);
            });
        }
        if cuts > 0 {
            self.trouble_is("a process loses its connections", |world| {
                world.cuts_left -= 1;
                drop_fences(world);
            });
        }
    }

    fn atlas(&mut self, number: usize) {
        let attempt = self.world.attempts[number];
        let mut becomes = |name, post, odd| {
            self.take(name, |world| {
                world.attempts[number].post = post;
                world.attempts[number].odd = odd;
            });
        };
        match attempt.post {
            Post::InFlight => {
                becomes("Atlas makes it", Post::Made, false);
                becomes("Atlas makes something else", Post::Made, true);
                becomes("Atlas says no", Post::Refused, false);
                becomes("it vanishes", Post::Vanished, false);
            }
            Post::Made => becomes("Atlas lists it", Post::Listed, attempt.odd),
            Post::None | Post::Listed | Post::Refused | Post::Vanished => {}
        }
        if number == 0 && self.world.strangers_left > 0 {
            self.trouble_is("somebody else makes one", |world| {
                world.strangers_left -= 1;
                world.stranger = true;
            });
        }
    }

    /// Time passes. Whatever a call makes is listed before the window is over: this is what Atlas is
    /// trusted with. What comes later still is found by the sweep, as somebody else's.
    fn time(&mut self, number: usize) {
        let attempt = self.world.attempts[number];
        let concerns = attempt.state.is_open()
            || self
                .world
                .tasks
                .iter()
                .any(|at| at.place == Task::Started && usize::from(at.attempt) == number);
        let next = match attempt.phase {
            Phase::Early => Phase::TooLate,
            Phase::TooLate => Phase::Overdue,
            Phase::Overdue if !matches!(attempt.post, Post::InFlight | Post::Made) => {
                Phase::Settled
            }
            Phase::Overdue | Phase::Settled => return,
        };
        if concerns {
            self.take("time passes", |world| world.attempts[number].phase = next);
        }
    }

    /// Who concludes what a process that died left open.
    fn reaper(&mut self, number: usize) {
        let attempt = self.world.attempts[number];
        if attempt.fence != Fence::Down {
            return;
        }
        match attempt.state {
            State::Prepared => self.take("nobody lives: not sent", |world| {
                world.attempts[number].state = State::NotSent;
                world.request = Request::Approved;
            }),
            State::Calling if attempt.phase >= Phase::Overdue => {
                self.take("nobody lives: unknown", |world| {
                    world.attempts[number].state = State::Unknown;
                    world.request = Request::Unknown;
                });
            }
            _ => {}
        }
    }

    /// Security finds out the truth.
    fn security(&mut self, number: usize) {
        let attempt = self.world.attempts[number];
        if attempt.state != State::Ambiguous {
            return;
        }
        let setting = self.setting;
        let made = matches!(attempt.post, Post::Made | Post::Listed);
        self.take("security decides", |world| {
            let own = 1 << number;
            if made && attempt.candidates & own != 0 {
                world.attempts[number].state = State::Lost;
                world.request = Request::Lost;
                if world.explained[number] == Explained::Not {
                    world.explained[number] = Explained::Lost;
                }
            } else {
                give_back(world, setting, number);
            }
            for other in 0..=STRANGER {
                let named = attempt.candidates & (1 << other) != 0;
                if named && world.explained[other] == Explained::Not {
                    world.explained[other] = Explained::Unexplained;
                }
            }
            world.attempts[number].candidates = 0;
        });
    }

    fn sweep(&mut self) {
        let setting = self.setting;
        match self.world.sweep {
            Some(list) => self.take("a reading is recorded", |world| {
                record_others(world, setting, list);
                world.sweep = None;
            }),
            None if self.world.sweeps_left > 0 => self.trouble_is("a list is read", |world| {
                world.sweeps_left -= 1;
                world.sweep = Some(world.listed());
            }),
            None => {}
        }
    }
}

/// T3: what became of the call, unless somebody else has concluded something.
fn record(world: &mut World, replica: usize, number: usize) {
    let place = world.tasks[replica].place;
    let attempt = &mut world.attempts[number];
    if matches!(attempt.state, State::Prepared | State::Calling) {
        (attempt.state, world.request) = match place {
            Task::KnowsIssued => (State::Issued, Request::Ready),
            Task::KnowsUnknown => (State::Unknown, Request::Unknown),
            Task::KnowsRejected => (State::Rejected, Request::Approved),
            _ => (State::NotSent, Request::Approved),
        };
        if place == Task::KnowsIssued {
            explain(world, number, Explained::Issued);
        }
    }
    if world.attempts[number].fence == task_fence(replica) {
        world.attempts[number].fence = Fence::Down;
    }
    (world.tasks[replica].place, world.tasks[replica].list) = (Task::Idle, 0);
}

fn explain(world: &mut World, certificate: usize, how: Explained) {
    world.twice |= world.explained[certificate] != Explained::Not;
    world.explained[certificate] = how;
}

fn leave(world: &mut World, replica: usize) {
    let number = usize::from(world.looks[replica].attempt);
    if world.attempts[number].fence == look_fence(replica) {
        world.attempts[number].fence = Fence::Down;
    }
    (world.looks[replica].place, world.looks[replica].list) = (Look::Idle, 0);
}

/// Whether a certificate is what the calls of this approval ask for.
fn matches_wish(world: &World, setting: Setting, certificate: usize) -> bool {
    match world.attempts.get(certificate) {
        Some(Attempt { odd, .. }) => !odd,
        None => setting.stranger_matches,
    }
}

/// Records what is listed, not known, and cannot be an open attempt's.
fn record_others(world: &mut World, setting: Setting, list: u8) {
    for certificate in 0..=STRANGER {
        let bit = 1 << certificate;
        let spared = setting.rules.own_spared
            && world.attempts.iter().any(|one| {
                let new = one.state == State::Prepared || one.baseline & bit == 0;
                one.state.is_open() && new && matches_wish(world, setting, certificate)
                    || one.state == State::Ambiguous && one.candidates & bit != 0
            });
        if list & bit != 0 && world.explained[certificate] == Explained::Not && !spared {
            world.explained[certificate] = Explained::Unexplained;
        }
    }
}

/// What a list says about an attempt that is unknown.
fn conclude(world: &mut World, setting: Setting, number: usize, list: u8, window_over: bool) {
    let new = list & !world.attempts[number].baseline;
    let (mut candidates, mut others) = (0, 0);
    for certificate in 0..=STRANGER {
        let bit = 1 << certificate;
        if new & bit == 0 {
            continue;
        }
        match world.explained[certificate] {
            Explained::Not if matches_wish(world, setting, certificate) => candidates |= bit,
            Explained::Not | Explained::Unexplained => others |= bit,
            Explained::Issued | Explained::Lost => {}
        }
    }
    if !setting.rules.others_in_the_way {
        others = 0;
    }
    match candidates.count_ones() {
        0 if window_over && others == 0 => give_back(world, setting, number),
        0 if window_over => be_ambiguous(world, number, others),
        0 => {}
        1 => {
            let certificate = candidates.trailing_zeros() as usize;
            explain(world, certificate, Explained::Lost);
            world.attempts[number].state = State::Lost;
            world.request = Request::Lost;
        }
        _ => be_ambiguous(world, number, candidates),
    }
}

fn be_ambiguous(world: &mut World, number: usize, candidates: u8) {
    world.attempts[number].state = State::Ambiguous;
    world.attempts[number].candidates = candidates;
    world.request = Request::Ambiguous;
}

/// Nothing was made.
fn give_back(world: &mut World, setting: Setting, number: usize) {
    let once = world.attempts.iter().any(|one| one.rearmed);
    let gives = !once || !setting.rules.given_back_once;
    world.attempts[number].state = State::NotIssued;
    world.attempts[number].rearmed = gives;
    world.request = if gives {
        Request::Approved
    } else {
        Request::Failed
    };
}

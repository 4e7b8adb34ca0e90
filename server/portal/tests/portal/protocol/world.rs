//! The state of everything, and what must be true of it.

/// Attempts one approval can have here.
pub(super) const ATTEMPTS: usize = 3;
/// The certificate somebody else has made; the others are numbered by the attempt whose call made them.
pub(super) const STRANGER: usize = ATTEMPTS;

/// What a step asks before it is taken. All of them in the product.
#[expect(clippy::struct_excessive_bools, reason = "one flag per rule")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// A call is recorded as started only while its attempt is prepared.
    pub(super) start_checked: bool,
    /// Nothing is sent once the fence is gone or the time to send is over.
    pub(super) fence_checked: bool,
    /// That nothing was made is said only after the settle window.
    pub(super) window_awaited: bool,
    /// ... and not while certificates appeared since the call that nobody explains.
    pub(super) others_in_the_way: bool,
    /// Readings leave alone what an open attempt may have made.
    pub(super) own_spared: bool,
    /// An approval is given back once.
    pub(super) given_back_once: bool,
}

/// What may happen, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) rules: Rules,
    /// What somebody else makes looks like what the call asks for.
    pub(super) stranger_matches: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Request {
    Approved,
    Issuing,
    Unknown,
    Ambiguous,
    Ready,
    Lost,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum State {
    Absent,
    Prepared,
    Calling,
    NotSent,
    Rejected,
    Issued,
    Unknown,
    Lost,
    NotIssued,
    Ambiguous,
}

impl State {
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::Prepared | Self::Calling | Self::Unknown)
    }
}

/// How far time has come for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Phase {
    /// It may be sent.
    Early,
    /// It may not any more.
    TooLate,
    /// Its answer counts as lost.
    Overdue,
    /// Whatever it made is listed.
    Settled,
}

/// The one request of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Post {
    None,
    InFlight,
    Made,
    Listed,
    Refused,
    /// It never did anything, and nobody says so.
    Vanished,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Fence {
    Down,
    OfTask0,
    OfTask1,
    OfLook0,
    OfLook1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) state: State,
    pub(super) phase: Phase,
    pub(super) fence: Fence,
    /// Certificates listed right before the call, one bit each.
    pub(super) baseline: u8,
    pub(super) post: Post,
    /// What its call made is not what was asked for.
    pub(super) odd: bool,
    pub(super) rearmed: bool,
    /// What security decides over, one bit each.
    pub(super) candidates: u8,
}

/// Where the task that runs an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Task {
    Idle,
    Begun,
    Fenced,
    /// It has the baseline.
    Based,
    /// That the call starts is on record, for certain.
    Started,
    Sent,
    KnowsNotSent,
    KnowsRejected,
    KnowsUnknown,
    KnowsIssued,
}

/// Where somebody who finds out is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Look {
    Idle,
    Fenced,
    /// It has a list, from after the window or not, and has recorded from it what is somebody else's.
    ReadEarly,
    ReadLate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) place: T,
    pub(super) attempt: u8,
    /// The list it has, one bit per certificate.
    pub(super) list: u8,
}

/// How a certificate is explained in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Explained {
    Not,
    Issued,
    Lost,
    Unexplained,
}

/// Everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct World {
    pub(super) request: Request,
    pub(super) attempts: [Attempt; ATTEMPTS],
    pub(super) explained: [Explained; ATTEMPTS + 1],
    pub(super) stranger: bool,
    pub(super) tasks: [At<Task>; 2],
    pub(super) looks: [At<Look>; 2],
    /// A list that is about to be recorded.
    pub(super) sweep: Option<u8>,
    pub(super) clicks_left: u8,
    pub(super) kills_left: u8,
    pub(super) cuts_left: u8,
    pub(super) strangers_left: u8,
    pub(super) sweeps_left: u8,
    /// Something was explained that had been.
    pub(super) twice: bool,
    /// A call was made that was not on record as started.
    pub(super) off_record: bool,
}

/// How often what need not happen does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) clicks: u8,
    pub(super) kills: u8,
    pub(super) cuts: u8,
    pub(super) strangers: u8,
    pub(super) sweeps: u8,
}

impl World {
    /// An approved request.
    pub(super) fn new(bounds: Bounds) -> Self {
        let attempt = Attempt {
            state: State::Absent,
            phase: Phase::Early,
            fence: Fence::Down,
            baseline: 0,
            post: Post::None,
            odd: false,
            rearmed: false,
            candidates: 0,
        };
        let nowhere = |place| At {
            place,
            attempt: 0,
            list: 0,
        };
        Self {
            request: Request::Approved,
            attempts: [attempt; ATTEMPTS],
            explained: [Explained::Not; ATTEMPTS + 1],
            stranger: false,
            tasks: [nowhere(Task::Idle); 2],
            looks: [At {
                place: Look::Idle,
                attempt: 0,
                list: 0,
            }; 2],
            sweep: None,
            clicks_left: bounds.clicks,
            kills_left: bounds.kills,
            cuts_left: bounds.cuts,
            strangers_left: bounds.strangers,
            sweeps_left: bounds.sweeps,
            twice: false,
            off_record: false,
        }
    }

    /// What Atlas lists, one bit per certificate.
    pub(super) fn listed(&self) -> u8 {
        let mut list = u8::from(self.stranger) << STRANGER;
        for (number, attempt) in self.attempts.iter().enumerate() {
            list |= u8::from(attempt.post == Post::Listed) << number;
        }
        list
    }

    /// Which promise is broken, if one is.
    pub(super) fn broken_promise(&self) -> Option<&'static str> {
        let count =
            |wanted: fn(&Attempt) -> bool| self.attempts.iter().filter(|one| wanted(one)).count();
        let made = count(|one| matches!(one.post, Post::Made | Post::Listed));
        let calls = count(|one| one.post != Post::None);
        let refused = count(|one| one.state == State::Rejected);
        let shown = count(|one| one.state == State::NotIssued);
        let given_back = count(|one| one.rearmed);
        if made > 1 {
            Some("P1: two certificates")
        } else if given_back > 1 {
            Some("P1: given back twice")
        } else if calls > 1 + refused + shown {
            Some("P1: a second call")
        } else if self.off_record {
            Some("P2: a call that was not on record")
        } else if self.twice {
            Some("P3: explained twice")
        } else if self.has_ended() && self.unexplained_after_a_reading() {
            Some("P3: not explained")
        } else {
            None
        }
    }

    /// Whether something is listed that not even one more reading would explain.
    fn unexplained_after_a_reading(&self) -> bool {
        let listed = self.listed();
        (0..=STRANGER).any(|number| {
            let bit = 1 << number;
            let claimed = self.attempts.iter().any(|one| {
                one.state.is_open() && one.baseline & bit == 0
                    || one.state == State::Ambiguous && one.candidates & bit != 0
            });
            listed & bit != 0 && self.explained[number] == Explained::Not && claimed
        })
    }

    /// Whether nothing is under way, and the request has ended or waits for a person.
    pub(super) fn has_ended(&self) -> bool {
        let idle = self.tasks.iter().all(|one| one.place == Task::Idle)
            && self.looks.iter().all(|one| one.place == Look::Idle);
        let under_way = matches!(
            self.request,
            Request::Issuing | Request::Unknown | Request::Ambiguous
        );
        idle && !under_way
    }

    /// Everything in three words.
    pub(super) fn pack(&self) -> [u64; 3] {
        let mut attempts = 0_u128;
        for one in &self.attempts {
            for (value, bits) in [
                (one.state as u8, 4),
                (one.phase as u8, 2),
                (one.fence as u8, 3),
                (one.baseline, 4),
                (one.post as u8, 3),
                (u8::from(one.odd), 1),
                (u8::from(one.rearmed), 1),
                (one.candidates, 4),
            ] {
                attempts = attempts << bits | u128::from(value);
            }
        }
        let mut rest = 0_u128;
        let mut add = |value: u8, bits: u32| rest = rest << bits | u128::from(value);
        add(self.request as u8, 3);
        for one in self.explained {
            add(one as u8, 2);
        }
        for one in self.tasks {
            add(one.place as u8, 4);
            add(one.attempt, 2);
            add(one.list, 4);
        }
        for one in self.looks {
            add(one.place as u8, 2);
            add(one.attempt, 2);
            add(one.list, 4);
        }
        add(u8::from(self.sweep.is_some()), 1);
        add(self.sweep.unwrap_or_default(), 4);
        for left in [
            self.clicks_left,
            self.kills_left,
            self.cuts_left,
            self.strangers_left,
            self.sweeps_left,
        ] {
            add(left, 2);
        }
        for flag in [self.stranger, self.twice, self.off_record] {
            add(u8::from(flag), 1);
        }
        // 66 and 65 bits: the highest of each share the third word.
        #[expect(clippy::cast_possible_truncation, reason = "split on purpose")]
        let words = [
            attempts as u64,
            rest as u64,
            (attempts >> 64) as u64 | ((rest >> 64) as u64) << 32,
        ];
        words
    }
}

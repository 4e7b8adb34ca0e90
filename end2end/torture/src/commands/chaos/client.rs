//! Somebody who works on although everything shakes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use rand::{RngExt as _, rngs::StdRng};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    arena::{Arena, Door, Users},
    history::Answer,
    people::Person,
};

/// How often somebody tries what was not answered.
const TRIES: usize = 4;
const PAUSE: Duration = Duration::from_millis(150);
/// How long somebody waits for their certificate before they turn to other things.
const PATIENCE: Duration = Duration::from_secs(15);

/// A client, in whose place dana asks and olga decides.
pub(super) struct Client {
    dana: Person,
    olga: Person,
    doors: [Door; 2],
    users: Arc<Users>,
    random: StdRng,
    over: Arc<AtomicBool>,
}

impl Client {
    pub(super) fn new(arena: &Arena, random: StdRng, over: Arc<AtomicBool>) -> Self {
        Self {
            dana: arena.dana.clone(),
            olga: arena.olga.clone(),
            doors: [arena.door(0).clone(), arena.door(1).clone()],
            users: Arc::clone(&arena.users),
            random,
            over,
        }
    }

    /// One request after the other, until it is over.
    pub(super) async fn work(mut self) {
        while !self.over.load(Ordering::SeqCst) {
            if self.one_request().await.is_none() {
                sleep(PAUSE).await;
            }
        }
    }

    fn door(&mut self) -> Door {
        self.doors[self.random.random_range(0..2)].clone()
    }

    fn in_a_hundred(&mut self, times: u32) -> bool {
        self.random.random_range(0..100) < times
    }

    /// From asking as far as it goes; `None` where it got nowhere.
    async fn one_request(&mut self) -> Option<()> {
        let user = self.users.next();
        let door = self.door();
        let (answer, request) = self.dana.ask(&door, &user).await;
        let request = request.filter(|_| answer == Answer::Done)?;
        if self.in_a_hundred(4) {
            let door = self.door();
            self.olga.deny(&door, request).await;
            return Some(());
        }
        if self.in_a_hundred(4) {
            let door = self.door();
            self.dana.withdraw(&door, request).await;
            return Some(());
        }
        self.approve(request).await?;
        if self.in_a_hundred(3) {
            let door = self.door();
            self.dana.withdraw(&door, request).await;
        }
        for _ in 0..TRIES {
            self.click(request).await;
            match self.wait(request).await.as_deref() {
                Some("ready") => {
                    self.collect(request).await;
                    return Some(());
                }
                // Given back: another click.
                Some("approved") | None => sleep(PAUSE).await,
                Some(_) => return Some(()),
            }
        }
        None
    }

    async fn approve(&mut self, request: Uuid) -> Option<()> {
        for _ in 0..TRIES {
            let door = self.door();
            match self.olga.approve(&door, request).await {
                Answer::Done => return Some(()),
                Answer::Silence { .. } => sleep(PAUSE).await,
                // It had been done although the answer was lost, or there is nothing to decide.
                _ => break,
            }
        }
        let door = self.door();
        let state = self.dana.state(&door, request).await;
        (state.as_deref() == Some("approved")).then_some(())
    }

    /// Clicks once, or as the impatient do.
    async fn click(&mut self, request: Uuid) {
        let clicks = if self.in_a_hundred(30) {
            self.random.random_range(2..5)
        } else {
            1
        };
        let doors: Vec<Door> = (0..clicks).map(|_| self.door()).collect();
        join_all(doors.iter().map(|door| self.dana.issue(door, request))).await;
    }

    /// Where the request stands once nothing is under way, or patience has ended.
    async fn wait(&mut self, request: Uuid) -> Option<String> {
        let began = Instant::now();
        loop {
            let door = self.door();
            let state = self.dana.state(&door, request).await;
            if state.as_deref().is_some_and(|state| state != "issuing")
                || began.elapsed() > PATIENCE
                || self.over.load(Ordering::SeqCst)
            {
                return state;
            }
            sleep(PAUSE).await;
        }
    }

    async fn collect(&mut self, request: Uuid) {
        if self.in_a_hundred(5) {
            let door = self.door();
            self.dana.reach_for(&door, request).await;
        }
        if self.in_a_hundred(5) {
            return; // Forgotten.
        }
        for _ in 0..self.random.random_range(1..4) {
            let door = self.door();
            self.dana.collect(&door, request).await;
        }
        if self.in_a_hundred(85) {
            let door = self.door();
            self.dana.acknowledge(&door, request).await;
        }
    }
}

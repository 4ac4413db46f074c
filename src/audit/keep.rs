//! Keeps a run in the store while it goes on: one thread writes, the run never waits for the disk.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use super::run::Keeper;
use crate::evidence::{Header, Message};
use crate::probe::outcome::ProbeRecord;
use crate::store::{KeptCapacity, KeptRegistration, Store, StoreError};

/// Orders waiting to be written; a run that is faster than its disk waits here.
const QUEUE: usize = 4_096;

/// The writing thread: gives the store back, and the first thing that went wrong.
type Writer = JoinHandle<(Store, Option<StoreError>)>;
type Order = Box<dyn FnOnce(&mut Store) -> Result<(), StoreError> + Send>;

/// Writes to a store in the background.
pub struct StoreKeeper {
    run_id: String,
    local: String,
    orders: Mutex<Option<SyncSender<Order>>>,
    writer: Mutex<Option<Writer>>,
}

impl StoreKeeper {
    /// For one run. `local`: our code.
    #[must_use]
    pub fn new(mut store: Store, run_id: &str, local: &str) -> Self {
        let (orders, waiting) = sync_channel::<Order>(QUEUE);
        let writer = std::thread::spawn(move || {
            let mut failed = None;
            for order in waiting {
                // The first failure is the one that explains the others.
                if failed.is_none() {
                    failed = order(&mut store).err();
                }
            }
            (store, failed)
        });
        Self {
            run_id: run_id.to_owned(),
            local: local.to_owned(),
            orders: Mutex::new(Some(orders)),
            writer: Mutex::new(Some(writer)),
        }
    }

    /// Waits until all is written. Gives the store back, and what went wrong; once.
    pub fn finish(&self) -> Option<(Store, Option<StoreError>)> {
        drop(self.orders.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        writer.join().ok()
    }

    fn order(&self, order: impl FnOnce(&mut Store) -> Result<(), StoreError> + Send + 'static) {
        let sender = self.orders.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sender) = sender {
            let _ = sender.send(Box::new(order));
        }
    }
}

impl Keeper for StoreKeeper {
    fn catalogued(&self, header: &Header, messages: &[Message]) {
        let (header, messages) = (header.clone(), messages.to_vec());
        self.order(move |store| store.begin(&header, &messages));
    }

    fn resumed(&self, header: &Header) {
        let header = header.clone();
        self.order(move |store| store.reopen(&header));
    }

    fn probed(&self, platform: &str, record: &ProbeRecord) {
        let (run, platform, record) = (self.run_id.clone(), platform.to_owned(), record.clone());
        self.order(move |store| store.put_probe(&run, &platform, &record));
    }

    fn snapshot(&self, platform: &str, name: &str, jpeg: &[u8]) {
        let (run, platform, name, jpeg) = (self.run_id.clone(), platform.to_owned(), name.to_owned(), jpeg.to_vec());
        self.order(move |store| store.put_snapshot(&run, &platform, &name, &jpeg));
    }

    fn key_frame(&self, platform: &str, name: &str, stream: Vec<u8>) {
        let (run, platform, name) = (self.run_id.clone(), platform.to_owned(), name.to_owned());
        self.order(move |store| store.put_key_frame(&run, &platform, &name, &stream));
    }

    fn tape(&self, platform: &str, device_id: &str, number: u32, octets: Vec<u8>) {
        let (run, platform, code) = (self.run_id.clone(), platform.to_owned(), device_id.to_owned());
        self.order(move |store| store.put_tape(&run, &platform, &code, number, &octets));
    }

    fn untape(&self, platform: &str, device_id: &str) {
        let (run, platform, code) = (self.run_id.clone(), platform.to_owned(), device_id.to_owned());
        self.order(move |store| store.drop_tapes(&run, &platform, &code));
    }

    fn registration(&self, platform: &str, kept: Option<KeptRegistration>) {
        let (local, platform) = (self.local.clone(), platform.to_owned());
        self.order(move |store| store.put_registration(&local, &platform, kept.as_ref()));
    }

    fn capacities(&self, learnt: Vec<KeptCapacity>) {
        self.order(move |store| store.put_capacities(&learnt));
    }
}

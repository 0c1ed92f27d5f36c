//! A reader that ends what would not: an item without an end, a file that unpacks to more than is sensible.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// The larger an item, the less likely it came from AWS Config, which cuts events at 256 KiB.
const MAX_ITEM: usize = 16 << 20;

/// Larger than the snapshot of a region with half a million resources.
const MAX_FILE: usize = 1 << 30;

/// Counts what is read.
pub struct Meter<R> {
    input: R,
    total: usize,
    /// Since somebody set it to zero.
    since: Rc<Cell<usize>>,
}

impl<R> Meter<R> {
    /// Counts what is read of `input` in `since`, too.
    pub fn new(input: R, since: Rc<Cell<usize>>) -> Self {
        Self { input, total: 0, since }
    }
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.total += read;
        self.since.set(self.since.get() + read);
        if self.since.get() > MAX_ITEM {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "an item is larger than 16 MiB"));
        }
        if self.total > MAX_FILE {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 1 GiB"));
        }
        Ok(read)
    }
}

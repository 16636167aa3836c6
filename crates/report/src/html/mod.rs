//! `index.html`: the whole run as one page that works offline.
//!
//! A passing case needs a few bytes. The evidence of a failure goes into the page as it arrives, through an
//! unnamed temporary file, so it takes no memory. The first failures of each cell of the matrix are included in
//! full, up to a total limit of bytes. The rest is in `failures/`; the page says so and links to it.
//!
//! The page contains bytes that peers chose. See [`page`] for how they are kept from acting as markup or
//! script.

mod evidence;
mod index;
mod page;
mod streams;
mod text;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::PathBuf;

use model::Catalogue;
use model::event::{CaseResult, Event, Sink, Start};
use serde::Serialize;

use self::evidence::Explained;
use self::index::{Index, Kept};
use crate::replaced::replace;

/// Limits on the failures that are included in full.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// The failures of one cell of the matrix.
    per_cell: usize,
    /// The bytes of all of them in the page.
    total_bytes: u64,
}

const LIMITS: Limits = Limits { per_cell: 50, total_bytes: 24 << 20 };

/// Writes `index.html` when the run has ended.
#[derive(Debug)]
pub struct Html {
    path: PathBuf,
    catalogue: Catalogue,
    limits: Limits,
    index: Option<Index>,
    spool: Option<Spool>,
    told_in_full: BTreeMap<(u32, u32, &'static str), usize>,
}

/// The evidence of failures, before it goes into the page.
#[derive(Debug)]
struct Spool {
    file: BufWriter<File>,
    bytes: u64,
    count: u32,
}

impl Html {
    /// A page for this file. `catalogue` has the texts for names in the run.
    #[must_use]
    pub const fn new(path: PathBuf, catalogue: Catalogue) -> Self {
        Self {
            path,
            catalogue,
            limits: LIMITS,
            index: None,
            spool: None,
            told_in_full: BTreeMap::new(),
        }
    }

    fn started(&mut self, start: &Start) -> io::Result<()> {
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let file = tempfile::tempfile_in(directory.unwrap_or_else(|| ".".as_ref()))?;
        self.spool = Some(Spool { file: BufWriter::new(file), bytes: 0, count: 0 });
        self.index = Some(Index::new(start));
        self.told_in_full.clear();
        Ok(())
    }

    fn finished(&mut self, case: &CaseResult) -> io::Result<()> {
        let (Some(index), Some(spool)) = (&mut self.index, &mut self.spool) else { return Ok(()) };
        let kept = index.add(case);
        let Some(evidence) = &case.evidence else { return Ok(()) };
        let Kept { row, scenario, pairing } = kept;
        let in_cell =
            self.told_in_full.entry((scenario, pairing, case.network.family())).or_default();
        if *in_cell >= self.limits.per_cell {
            return Ok(());
        }
        let Some(number) =
            spool.add(&Explained::new(case, evidence, &self.catalogue), self.limits.total_bytes)?
        else {
            return Ok(());
        };
        *in_cell += 1;
        index.explain(row, number);
        Ok(())
    }
}

impl Spool {
    /// Adds a block and returns its number, unless the total would exceed `bytes_max`.
    fn add(&mut self, block: &impl Serialize, bytes_max: u64) -> io::Result<Option<u32>> {
        let block = page::data(&format!("case-{}", self.count), block)?;
        let bytes = self.bytes + block.len() as u64;
        if bytes > bytes_max {
            return Ok(None);
        }
        self.file.write_all(block.as_bytes())?;
        let number = self.count;
        (self.bytes, self.count) = (bytes, number + 1);
        Ok(Some(number))
    }

    /// All blocks, from the start.
    fn read(self) -> io::Result<File> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

impl Sink for Html {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(start) => self.started(start),
            Event::Finished(case) => self.finished(case),
            Event::Ended(end) => {
                let (Some(index), Some(spool)) = (self.index.take(), self.spool.take()) else {
                    return Ok(());
                };
                let (told, mut blocks) = (index.told(end, &self.catalogue), spool.read()?);
                replace(&self.path, |out| page::write(out, &told, &mut blocks))
            }
        }
    }
}

#[cfg(test)]
mod tests;

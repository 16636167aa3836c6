//! How many more processes and threads can be started, by the limit of this user and by those of this process's
//! control groups. Only Linux provides this.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, getuid};

use super::raise;

/// Processes and threads without a case: the runtime's, the launcher, the oracle, and the helper that ends what
/// is left.
const TASKS: u64 = 32;
/// A case has up to three programs, a thread that waits for each, and what the programs start.
const TASKS_PER_CASE: u64 = 10;
/// Additional ones per processor, as runtimes have a thread for each.
const TASKS_PER_PROCESSOR: u64 = 2;

/// How many processes and threads can be started before the tightest limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tasks {
    left: u64,
    /// What sets the limit, in words.
    by: String,
}

impl Tasks {
    /// How many can be started now, after this user's soft limit was raised as far as possible. `None` if there
    /// is no known limit.
    #[must_use]
    pub fn left() -> Option<Self> {
        let of_groups = groups().into_iter().filter_map(|directory| of_group(&directory));
        of_user().into_iter().chain(of_groups).min_by_key(|tasks| tasks.left)
    }

    /// How many cases at once are possible.
    pub(super) fn cases(&self) -> u64 {
        let per_processor = TASKS_PER_PROCESSOR * processors();
        self.left.saturating_sub(TASKS + 2 * per_processor) / (TASKS_PER_CASE + per_processor)
    }

    /// What this many cases need.
    pub(super) fn needed(cases: u64) -> u64 {
        let per_processor = TASKS_PER_PROCESSOR * processors();
        TASKS + 2 * per_processor + cases * (TASKS_PER_CASE + per_processor)
    }

    /// The limit in words.
    pub(super) fn shown(&self) -> String {
        format!("{} more processes and threads can be started here ({})", self.left, self.by)
    }
}

fn processors() -> u64 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u64)
}

/// The limit of this user. It does not apply to the superuser.
fn of_user() -> Option<Tasks> {
    let limit = raise(Resource::Nproc, u64::MAX)?;
    let is_everybodys = |map: String| map.split_whitespace().eq(["0", "0", "4294967295"]);
    let is_outermost = fs::read_to_string("/proc/self/uid_map").is_ok_and(is_everybodys);
    if getuid().is_root() && is_outermost {
        return None;
    }
    let own = getuid().as_raw().to_string();
    let entries = fs::read_dir("/proc").ok()?.flatten();
    let statuses = entries.filter_map(|it| fs::read_to_string(it.path().join("status")).ok());
    let used = statuses.filter(|text| value(text, "Uid:") == Some(&own));
    let used: u64 = used.filter_map(|text| value(&text, "Threads:")?.parse::<u64>().ok()).sum();
    Some(Tasks { left: limit.saturating_sub(used), by: "`ulimit -u`".to_owned() })
}

/// The first value behind this name in a process's `status`.
fn value<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()
}

/// The directories of this process's control groups that may limit it, the innermost first.
fn groups() -> Vec<PathBuf> {
    let told = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let found = told.lines().filter_map(|line| {
        // `0::/path` in version 2, `8:pids:/path` in version 1.
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let root = match controllers {
            "" => "/sys/fs/cgroup",
            _ if controllers.split(',').any(|it| it == "pids") => "/sys/fs/cgroup/pids",
            _ => return None,
        };
        Some((root, path.trim_start_matches('/').to_owned()))
    });
    let with_outer = found.flat_map(|(root, path)| {
        let inner = Path::new(root).join(path);
        let outer = inner.ancestors().take_while(|it| it.starts_with(root));
        outer.map(Path::to_owned).collect::<Vec<_>>()
    });
    with_outer.collect()
}

/// The limit of the control group with this directory, if it has one.
fn of_group(directory: &Path) -> Option<Tasks> {
    let number = |name| fs::read_to_string(directory.join(name)).ok()?.trim().parse::<u64>().ok();
    let left = number("pids.max")?.saturating_sub(number("pids.current")?);
    Some(Tasks { left, by: format!("pids.max in {}", directory.display()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_without_a_limit_has_none_and_one_with_a_limit_says_what_is_left() {
        let group = tempfile::tempdir().unwrap();
        assert_eq!(of_group(group.path()), None);
        let write = |name, text| fs::write(group.path().join(name), text).unwrap();
        write("pids.current", "40\n");
        write("pids.max", "max\n");
        assert_eq!(of_group(group.path()), None);
        write("pids.max", "100\n");
        assert_eq!(of_group(group.path()).map(|tasks| tasks.left), Some(60));
        write("pids.max", "20\n");
        assert_eq!(of_group(group.path()).map(|tasks| tasks.left), Some(0));
    }

    #[test]
    fn what_cases_need_is_enough_for_them() {
        for cases in [0, 1, 2, 20] {
            let tasks = |left| Tasks { left, by: String::new() };
            assert_eq!(tasks(Tasks::needed(cases)).cases(), cases);
            assert_eq!(tasks(Tasks::needed(cases + 1) - 1).cases(), cases);
        }
    }

    #[test]
    fn a_value_of_a_status_is_found_by_its_name() {
        let status = "Name:\tcat\nUid:\t1000\t0\t0\t0\nThreads:\t3\n";
        assert_eq!(value(status, "Uid:"), Some("1000"));
        assert_eq!(value(status, "Threads:"), Some("3"));
    }
}

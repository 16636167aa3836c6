//! Why the system makes no network namespace, in words, and what would help.

use std::fmt;
use std::path::Path;

use nix::errno::Errno;

/// Kernel settings, each with the value that forbids namespaces and one that permits them.
const SWITCHES: [(&str, &str, &str); 4] = [
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("user.max_user_namespaces", "0", "10000"),
    ("user.max_net_namespaces", "0", "10000"),
];

/// A refusal of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal(String);

impl Refusal {
    /// The refusal of `what`.
    pub(super) fn of(what: &str, error: Errno) -> Self {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        let has_kind = |kind: &str| Path::new("/proc/self/ns").join(kind).exists();
        Self(format!(
            "the system refuses {what} ({}); {}",
            error.desc(),
            help(error, read, has_kind)
        ))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What would help, according to these files.
fn help(
    error: Errno,
    read: impl Fn(&str) -> Option<String>,
    has_kind: impl Fn(&str) -> bool,
) -> String {
    for (kind, option) in [("net", "CONFIG_NET_NS"), ("user", "CONFIG_USER_NS")] {
        if !has_kind(kind) {
            return format!("this kernel has no {kind} namespaces ({option})");
        }
    }
    for (name, forbids, permits) in SWITCHES {
        let value = read(&format!("/proc/sys/{}", name.replace('.', "/")));
        if value.is_some_and(|value| value.trim() == forbids) {
            return format!(
                "{name} is {forbids}: `sysctl -w {name}={permits}`, as root, permits it"
            );
        }
    }
    if error == Errno::ENOSPC {
        let limits = "user.max_user_namespaces and user.max_net_namespaces";
        return format!("there are as many as {limits} permit: `sysctl -w` raises these, as root");
    }
    "root may do it with CAP_SYS_ADMIN; in a container, `--cap-add SYS_ADMIN` or `--privileged` gives that"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_that_forbids_is_named_with_the_value_that_permits() {
        for (file, value, said) in [
            ("/proc/sys/kernel/unprivileged_userns_clone", "0\n", "unprivileged_userns_clone=1`"),
            (
                "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
                "1\n",
                "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`",
            ),
            ("/proc/sys/user/max_user_namespaces", "0\n", "`sysctl -w user.max_user_namespaces="),
            ("/proc/sys/user/max_user_namespaces", "1\n", "--cap-add SYS_ADMIN"),
        ] {
            let read = |path: &str| (path == file).then(|| value.to_owned());
            let help = help(Errno::EPERM, read, |_| true);
            assert!(help.contains(said), "{help}");
        }
    }

    #[test]
    fn a_kernel_without_namespaces_is_told_by_its_option() {
        let help = help(Errno::EINVAL, |_| None, |kind| kind != "user");
        assert!(help.contains("CONFIG_USER_NS"), "{help}");
    }

    #[test]
    fn a_limit_that_is_reached_is_told_as_that() {
        let help = help(Errno::ENOSPC, |_| Some("5".to_owned()), |_| true);
        assert!(help.contains("as many as user.max_user_namespaces"), "{help}");
    }
}

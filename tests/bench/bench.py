"""Runs the workloads of the benchmark and prints one table; see run.sh, which builds what this needs."""

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import live_delay

HOUR_FILE = "hours.mp4"
PLACES = [f"place{i}.mp4" for i in range(10)]
LIVE_FILE = "minute.mp4"

# What a kind of server is measured with, in words behind its name: "lectern live AES-CM stream".
SUITES = {"AES-CM": "AES_CM_128_HMAC_SHA1_80", "AES-GCM": "AEAD_AES_128_GCM"}


def suite_of(kind):
    return next((suite for word, suite in SUITES.items() if word in kind.split()), None)

MIB = 1048576
WHOLE_TRAINS = "--whole-trains"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A server over the media folder, for as long as the with block lasts."""

    def __init__(self, options, kind, loops=1, camera=None):
        """`camera`: the port of another one, whose /live it pulls as /pulled."""
        self.options, self.kind, self.loops, self.camera = options, kind, loops, camera

    def __enter__(self):
        self.port = free_port()
        media = self.options.media
        if self.kind.startswith("lectern"):
            self.config = tempfile.NamedTemporaryFile("w", suffix=".yml")
            self.tls_port = free_port()
            self.state = tempfile.TemporaryDirectory()
            self.config.write(f"loops: {self.loops}\nlog_level: warning\ntls_listen: 127.0.0.1:{self.tls_port}\n"
                              f"state_directory: {self.state.name}\n")
            if suite_of(self.kind):
                self.config.write(f"srtp: required\nsrtp_suite: {suite_of(self.kind)}\n")
            if "live" in self.kind:
                scope = ", key_scope: stream" if "stream" in self.kind else ""
                self.config.write(f"paths:\n  live: {{source: {os.path.abspath(media)}/{LIVE_FILE}, loop: yes{scope}}}\n")
            if self.camera:
                self.config.write(f"paths:\n  pulled: {{source: 'rtsp://127.0.0.1:{self.camera}/live'}}\n")
            self.config.flush()
            command = [f"{self.options.build}/lectern", "serve", media, "--listen", f"127.0.0.1:{self.port}",
                       "--config", self.config.name]
        else:
            command = [f"{self.options.build}/tests/bench/bench-gst-server", str(self.port), media]
            command += ["shared"] if self.kind == "gst-shared" else []
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if self.process.poll() is not None:
                    raise RuntimeError(f"{command[0]} ended with status {self.process.returncode}")
                time.sleep(0.01)
        raise RuntimeError(f"{command[0]} does not listen")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def load(self, files, viewers=1, transport="udp", duration=1.0, ramp=1.0, more=()):
        scheme, port = ("rtsps", self.tls_port) if "RTSPS" in self.kind else ("rtsp", self.port)
        more = [*more, "--srtp"] if suite_of(self.kind) else more
        files = ["live"] if "live" in self.kind else files
        urls = [f"{scheme}://127.0.0.1:{port}/{name}" for name in files]
        command = [f"{self.options.build}/tests/bench/lectern-load", "--json", "--pid", str(self.process.pid),
                   "-n", str(viewers), "-t", transport, "-d", str(duration), "--ramp", str(ramp), *more, *urls]
        done = subprocess.run(command, capture_output=True, text=True)
        if not done.stdout:
            return {"failed": viewers, "failure": done.stderr.strip() or f"status {done.returncode}"}
        return json.loads(done.stdout)


def figures(run):
    """The figures of one run that are told, flat."""
    if "server" not in run:
        return {"failed": run["failed"], "failure": run.get("failure", "")}
    server = run["server"]
    return {
        "cpu_us_per_packet": server["cpu_us_per_packet"],
        "cpu_ms_per_stream_second": server["cpu_ms_per_stream_second"],
        "kib_per_viewer": server["resident_per_viewer"] / 1024,
        "first_median_ms": run["start_up_ms"]["median"],
        "first_p99_ms": run["start_up_ms"]["p99"],
        "late_median_ms": run["lateness_ms"]["median"],
        "late_p99_ms": run["lateness_ms"]["p99"],
        "lost": run["lost"],
        "gaps": run["gaps"],
        "failed": run["failed"],
        "limit": run["own_limit"],
    }


def median(runs):
    """The median of each number; of what must not be, the worst."""
    merged = {}
    for key in {key for run in runs for key in run}:
        values = [run[key] for run in runs if key in run]
        if isinstance(values[0], str):
            merged[key] = next((value for value in values if value), "")
        elif key in ("lost", "gaps", "failed"):
            merged[key] = max(values)
        else:
            merged[key] = statistics.median(values)
    return merged


def served(options, kind, files, viewers, transport, duration, more=(), loops=1):
    """One run against a fresh server that has played the file before."""
    with Server(options, kind, loops) as server:
        server.load(files[:1], 1, transport, 0.5, 0)
        return figures(server.load(files, viewers, transport, duration, 1, more))


def floor(options, kind, files, viewers, transport, duration, more):
    command = [f"{options.build}/tests/bench/bench-floor", "-n", str(viewers), "-d", str(duration)]
    command += ["--tcp"] if transport == "tcp" else []
    command += ["--srtp", suite_of(kind)] if suite_of(kind) else []
    command += ["--random"] if "random" in more else []
    command += [option for option in more if option == WHOLE_TRAINS]
    command += [f"{options.media}/{file}" for file in files]
    return {"cpu_us_per_packet": json.loads(subprocess.run(command, capture_output=True, text=True).stdout)[
        "cpu_us_per_packet"]}


def describe(options):
    """DESCRIBE of the two hours: by a process that has just started, and again."""
    runs = []
    for _ in range(options.runs):
        with Server(options, "lectern") as server:
            cold = server.load([HOUR_FILE], 1, "udp", 0.2, 0)
            warm = [server.load([HOUR_FILE], 1, "udp", 0.2, 0) for _ in range(3)]
            runs.append({"cold_ms": cold["describe_ms"]["median"],
                         "warm_ms": statistics.median(run["describe_ms"]["median"] for run in warm),
                         "warm_first_ms": statistics.median(run["start_up_ms"]["median"] for run in warm)})
    return median(runs)


def memory(options, kind, file, viewers):
    """Each further viewer of what others play already, and the process in all."""
    runs = []
    for _ in range(options.runs):
        with Server(options, kind) as server:
            server.load([file], 1, "udp", options.duration + 1, 0)
            run = server.load([file], viewers, "udp", options.duration, 1)
            runs.append({"kib_per_viewer": run["server"]["resident_per_viewer"] / 1024,
                         "resident_mib": run["server"]["resident"] / MIB})
    return median(runs)


def delay(options):
    """Lectern pulls from Lectern, whose file has a key frame every two seconds."""
    with Server(options, "lectern live") as camera, Server(options, "lectern", camera=camera.port) as server:
        first, most = live_delay.first_frame_ms(server.port, "pulled", 20)
        middle, late, packets, frame = live_delay.added_delay_ms(camera.port, "live", server.port, "pulled",
                                                          options.duration + 4)
        return {"added_median_ms": middle, "added_p99_ms": late, "packets": packets, "frame_ms": frame,
                "first_frame_median_ms": first, "first_frame_most_ms": most}


def workloads():
    """(name, files, viewers, transport, more options, loops, the peers it is compared with)."""
    hour = [HOUR_FILE]
    for viewers in (1, 20, 100, 300):
        for transport in ("udp", "tcp"):
            peers = ["gst", "floor"]
            peers += ["gst-shared"] if viewers == 100 else []
            yield f"{viewers} {transport}", hour, viewers, transport, [], 1, peers
    encrypted = [f"{server} {suite}" for suite in SUITES for server in ("lectern", "floor")]
    yield "100 udp, encrypted", hour, 100, "udp", [], 1, ["floor", *encrypted]
    yield "100 tcp, encrypted", hour, 100, "tcp", [], 1, ["floor", *encrypted, "lectern RTSPS"]
    live = ["lectern live", "lectern live AES-CM", "lectern live AES-CM stream", "gst-shared", "floor"]
    yield "100 udp, live", [LIVE_FILE], 100, "udp", [], 1, live
    # As with a network card that cuts them itself: over loopback the sender's CPU does it for the receiver.
    yield ("100 udp, live, trains taken whole", [LIVE_FILE], 100, "udp", [WHOLE_TRAINS], 1,
           ["lectern live", "gst-shared", "floor"])
    yield "100 tcp, live", [LIVE_FILE], 100, "tcp", [], 1, ["lectern live", "gst-shared", "floor"]
    yield "100 udp, 10 files, random places", PLACES, 100, "udp", ["--seek", "random"], 1, ["gst", "floor"]
    yield "100 tcp, 10 files, random places", PLACES, 100, "tcp", ["--seek", "random"], 1, ["gst"]
    yield "1000 udp, audio", ["audio.m4a"], 1000, "udp", [], 1, ["gst-shared", "floor"]
    yield "100 udp, 50 join and leave a second", hour, 100, "udp", ["--churn", "50"], 1, []
    yield "300 udp, two loops", hour, 300, "udp", [], 2, []


def run_workload(options, load):
    name, files, viewers, transport, more, loops, peers = load
    runs = {kind: [] for kind in ["lectern", *peers]}
    # In turns, so that what else happens on the machine meets all alike.
    for _ in range(options.runs):
        for kind in runs:
            if kind.startswith("floor"):
                runs[kind].append(floor(options, kind, files, viewers, transport, options.duration, more))
            else:
                runs[kind].append(served(options, kind, files, viewers, transport, options.duration, more,
                                         loops if kind.startswith("lectern") else 1))
    return {kind: median(each) for kind, each in runs.items()}


def row(name, kind, values):
    def number(key, form="{:.2f}"):
        return form.format(values[key]) if key in values else "-"

    remark = values.get("limit") or values.get("failure", "")
    if values.get("failed"):
        remark = f"{values['failed']:.0f} viewers failed: {remark}"
    return (f"| {name} | {kind} | {number('cpu_us_per_packet')} | {number('cpu_ms_per_stream_second', '{:.3f}')} | "
            f"{number('kib_per_viewer', '{:.0f}')} | {number('first_median_ms')} / {number('first_p99_ms')} | "
            f"{number('late_median_ms')} / {number('late_p99_ms')} | {number('lost', '{:.0f}')} | {remark} |")


def ratios(results):
    """(what, measured, at most)"""
    def cpu(name, kind="lectern"):
        return results.get(name, {}).get(kind, {}).get("cpu_us_per_packet")

    def late(name):
        return results.get(name, {}).get("lectern", {}).get("late_p99_ms")

    live, whole = "100 udp, live", "100 udp, live, trains taken whole"
    pairs = [
        ("CPU a packet, 100 UDP, to the floor", cpu("100 udp"), cpu("100 udp", "floor"), 1.5),
        ("CPU a packet, 100 UDP, to GStreamer", cpu("100 udp"), cpu("100 udp", "gst"), 1 / 6),
        ("CPU a packet, 100 TCP, to GStreamer", cpu("100 tcp"), cpu("100 tcp", "gst"), 1 / 10),
        ("CPU a packet, 100 live UDP, to the floor", cpu(live, "lectern live"), cpu(live, "floor"), 1.3),
        ("CPU a packet, 100 live UDP, to GStreamer", cpu(live, "lectern live"), cpu(live, "gst-shared"), 1 / 2),
        ("the same, trains taken whole, to the floor", cpu(whole, "lectern live"), cpu(whole, "floor"), 1.3),
        ("the same, trains taken whole, to GStreamer", cpu(whole, "lectern live"), cpu(whole, "gst-shared"), 1 / 2),
        ("CPU a packet, 100 live TCP, to GStreamer", cpu("100 tcp, live", "lectern live"),
         cpu("100 tcp, live", "gst-shared"), 1 / 2),
        ("CPU a packet, live, key_scope: stream, to plain", cpu(live, "lectern live AES-CM stream"),
         cpu(live, "lectern live"), 1.2),
        ("CPU a packet, RTSPS to TCP", cpu("100 tcp, encrypted", "lectern RTSPS"), cpu("100 tcp, encrypted"), 2),
        ("CPU a packet, random places, to the floor", cpu("100 udp, 10 files, random places"),
         cpu("100 udp, 10 files, random places", "floor"), 2),
        ("CPU a packet, 300 to 100 UDP", cpu("300 udp"), cpu("100 udp"), 1),
        ("CPU a packet, two loops to one, 300 UDP", cpu("300 udp, two loops"), cpu("300 udp"), 2 / 1.7),
    ]
    for what, value, base, limit in pairs:
        if value and base:
            yield what, value / base, limit
    for transport in ("udp", "tcp"):
        for suite in SUITES:
            # What libsrtp itself costs: at the floor, where there is nothing else.
            name = f"100 {transport}, encrypted"
            libsrtp = cost_of_libsrtp(results.get(name, {}), suite)
            if libsrtp and cpu(name, f"lectern {suite}"):
                yield (f"CPU a packet, SRTP {suite} over {transport.upper()} without libsrtp's own {libsrtp:.2f} us, to plain",
                       (cpu(name, f"lectern {suite}") - libsrtp) / cpu(name), 1.2)
    if "delay" in results:
        yield ("delay that live media get beyond one frame, ms, median",
               results["delay"]["added_median_ms"] - results["delay"]["frame_ms"], 5)
        yield "PLAY to the whole first key frame, ms, median", results["delay"]["first_frame_median_ms"], 50
    if "memory live" in results:
        yield "memory of a viewer of live media, KiB", results["memory live"]["kib_per_viewer"], 32
    if late("100 udp") is not None:
        yield "later than due, ms, 99th, 100 UDP", late("100 udp"), 5
        yield "first packet, ms, median, 100 UDP", results["100 udp"]["lectern"]["first_median_ms"], 10


def cost_of_libsrtp(floors, suite):
    """CPU of libsrtp for a packet, in us: the floor with it less the floor without, over the same transport."""
    if "floor" not in floors or f"floor {suite}" not in floors:
        return None
    return floors[f"floor {suite}"]["cpu_us_per_packet"] - floors["floor"]["cpu_us_per_packet"]


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.machine())
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, {time.strftime('%Y-%m-%d')}"


def read_options():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("--build", required=True)
    parser.add_argument("--media", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--duration", type=float, default=6)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    if options.quick:
        options.runs, options.duration = 1, 3
    return options


def main():
    options = read_options()
    results = {"machine": machine(), "runs": options.runs, "seconds": options.duration}
    print(f"{machine()}; medians of {options.runs} runs of {options.duration:g} s\n")
    if options.only in "describe":
        found = results["describe"] = describe(options)
        print(f"DESCRIBE of two hours: {found['cold_ms']:.1f} ms by a fresh process (the kernel may hold the file), "
              f"{found['warm_ms']:.2f} ms again; connect to first packet then {found['warm_first_ms']:.2f} ms")
    if options.only in "delay of live media":
        found = results["delay"] = delay(options)
        print(f"delay that Lectern adds to a camera: {found['added_median_ms']:.2f} ms median, "
              f"{found['added_p99_ms']:.2f} ms 99th of {found['packets']} packets (a frame takes {found['frame_ms']:.1f} ms); PLAY to the whole first key frame: "
              f"{found['first_frame_median_ms']:.1f} ms median, {found['first_frame_most_ms']:.1f} ms at most")
    if options.only in "memory":
        for kind, file in (("lectern", LIVE_FILE), ("lectern", HOUR_FILE), ("lectern live", "live")):
            found = results[f"memory {file}"] = memory(options, kind, file, 100)
            print(f"memory, {file}: {found['kib_per_viewer']:.1f} KiB for each further viewer, "
                  f"{found['resident_mib']:.0f} MiB in all with 100")
    print("\n| viewers | server | CPU, us a packet | CPU, ms a stream-second | KiB a viewer | "
          "first packet, ms, median / 99th | later than due, ms, median / 99th | lost | remark |")
    print("|---|---|---|---|---|---|---|---|---|")
    for load in workloads():
        if options.only not in load[0]:
            continue
        results[load[0]] = run_workload(options, load)
        for kind, values in results[load[0]].items():
            print(row(load[0], kind, values), flush=True)
    print("\n| ratio or figure | measured | at most | |\n|---|---|---|---|")
    for what, value, limit in ratios(results):
        print(f"| {what} | {value:.2f} | {limit:.2f} | {'reached' if value <= limit else 'missed'} |")
    if options.json:
        with open(options.json, "w") as out:
            json.dump(results, out, indent=2)


if __name__ == "__main__":
    sys.exit(main())

"""Runs a server under mixed load for hours, and prints a line a minute; see ../soak.sh."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

# Every stream begins shortly before its sequence numbers and time stamps wrap, and SRTP's rollover counter with them.
CONFIG = """
first_sequence: 65400
first_timestamp: 4294900000
tls_listen: 127.0.0.1:{tls}
cache: 16MiB
max_tls_handshakes: 1000
paths:
  pattern: {{source: pattern}}
  loop: {{source: "{lecture}", loop: yes}}
  shared: {{source: "{lecture}", loop: yes, srtp: required, key_scope: stream}}
  srtp: {{source: "{media}", srtp: required}}
  gcm: {{source: "{media}", srtp: required, srtp_suite: AEAD_AES_128_GCM}}
  flapping: {{source: "rtsp://127.0.0.1:{camera}/camera", transport: tcp}}
"""
CAMERA = 'tls_listen: "off"\npaths:\n  camera: {{source: "{lecture}", loop: yes}}\n'

# What plays: a name, and the arguments of lectern-load.
LOAD = [
    ("file, UDP, seeks", "-t udp -n 15 --seek random --reseek 7 --churn 1 {plain}/recording.mp4"),
    ("file, TCP, seeks", "-t tcp -n 15 --seek random --reseek 11 --churn 1 {plain}/recording.mp4"),
    ("pattern, UDP", "-t udp -n 10 --churn 0.5 {plain}/pattern"),
    ("loop, TCP", "-t tcp -n 10 {plain}/loop"),
    ("file, SRTP, UDP", "-t udp --srtp -n 5 --seek random --churn 0.5 {plain}/srtp/recording.mp4"),
    ("file, SRTP GCM, TCP", "-t tcp --srtp -n 5 --reseek 13 {plain}/gcm/recording.mp4"),
    ("shared SRTP, UDP", "-t udp --srtp -n 5 {plain}/shared"),
    ("file, RTSPS", "-t tcp -n 5 --churn 0.5 {tls}/recording.mp4"),
    ("flapping, TCP", "-t tcp -n 4 {plain}/flapping"),
]
# The camera is there for so long, and away for so long.
UP, DOWN = 25, 6
# Seconds that a viewer may be without a packet of one of its tracks: on a busy machine, and by a camera that is away.
SILENCE, SILENCE_AWAY = 3, DOWN + 12
# Of all viewers of a load together; less than any camera is away.
STARVED = 60
# Viewers of a load that come and go which are on their way at once.
ARRIVING = 2
GROWTH = 8 << 20
PAGE = os.sysconf("SC_PAGESIZE")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_media(folder):
    os.makedirs(folder, exist_ok=True)
    lecture, recording = f"{folder}/lecture.mp4", f"{folder}/recording.mp4"
    run = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
    if not os.path.exists(lecture):
        subprocess.run(run + "-f lavfi -i testsrc2=size=320x240:rate=25:duration=10 -f lavfi "
                       "-i sine=frequency=440:sample_rate=48000:duration=10 -c:v libx264 -pix_fmt yuv420p -g 25 -bf 2 "
                       "-b:v 300k -c:a aac -b:a 64k".split() + [folder + "/part.mp4"], check=True)
        os.rename(folder + "/part.mp4", lecture)
    if not os.path.exists(recording):
        subprocess.run(run + ["-stream_loop", "359", "-i", lecture, "-c", "copy", folder + "/part.mp4"], check=True)
        os.rename(folder + "/part.mp4", recording)
    return lecture


STARTED = []


def start(command, **options):
    """A process that does not outlive this one."""
    process = subprocess.Popen(command, **options)
    STARTED.append(process)
    return process


def end_all():
    for process in STARTED:
        if process.poll() is None:
            process.kill()
            process.wait()


class Server:
    """A lectern, for as long as it is wanted."""

    def __init__(self, build, port, config, scratch, name, root=None):
        self.log_file = f"{scratch}/{name}.log"
        with open(f"{scratch}/{name}.yml", "w") as file:
            file.write(config)
        command = [f"{build}/lectern", "serve"] + ([root] if root else [])
        command += ["--listen", f"127.0.0.1:{port}", "--config", f"{scratch}/{name}.yml", "--log-level", "info"]
        with open(self.log_file, "ab") as log:
            self.process = start(command, stdout=log, stderr=log, env=dict(os.environ, STATE_DIRECTORY=scratch))
        deadline = time.time() + 20
        while time.time() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"the server does not come up: {self.log()}")

    def log(self):
        with open(self.log_file, errors="replace") as file:
            return file.read()[-4000:]

    def usage(self):
        """Resident bytes, open descriptors, CPU seconds so far."""
        proc = f"/proc/{self.process.pid}"
        with open(f"{proc}/statm") as file:
            resident = int(file.read().split()[1]) * PAGE
        with open(f"{proc}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return resident, len(os.listdir(f"{proc}/fd")), cpu


class Camera:
    """A source that comes and goes, without a word to whoever watches."""

    def __init__(self, *server):
        self.server, self.running, self.flaps = server, None, 0
        self.turn(0)

    def turn(self, seconds):
        up = seconds % (UP + DOWN) < UP
        if up and not self.running:
            self.running = Server(*self.server)
        if not up and self.running:
            self.stop()
            self.flaps += 1

    def stop(self):
        if self.running:
            self.running.process.kill()
            self.running.process.wait()
        self.running = None


class Load:
    """One lectern-load, and what it has told last."""

    def __init__(self, build, name, arguments, every):
        self.name = name
        words = arguments.split()
        self.wanted = int(words[words.index("-n") + 1]) - (ARRIVING if "--churn" in words else 0)
        self.silence = SILENCE_AWAY if "flapping" in arguments else SILENCE
        self.packets, self.fed, self.few = 0, time.time(), 0
        self.problems = []
        self.output = tempfile.TemporaryFile("w+")
        self.process = start([f"{build}/tests/bench/lectern-load", "--json", "-d", "864000", "--every", str(every)] +
                             words, stdout=self.output, stderr=subprocess.STDOUT)

    def wrong(self, problem):
        """Told at once: the log of that time is at hand. The first ones are enough."""
        if len(self.problems) < 5:
            print(f"WRONG   {self.name}: {problem}", flush=True)
            self.problems.append(problem)

    def check(self, state, now):
        """Of what it told last: all that should play do, and are given something."""
        if self.process.poll() is not None:
            return self.wrong(f"lectern-load ended with {self.process.returncode}")
        self.few = self.few + 1 if state.get("playing", 0) < self.wanted else 0
        if self.few > 1:  # once may be chance
            self.wrong(f"{state.get('playing', 0)} viewers play in place of {self.wanted}")
        if state.get("silence_ms", 0) > 1000 * self.silence:
            self.wrong(f"a viewer has had no packet for {state['silence_ms'] / 1000:.1f} s")
        if state.get("packets", 0) > self.packets:
            self.packets, self.fed = state["packets"], now
        if now > self.fed + STARVED:
            self.wrong(f"nobody has had a packet for {now - self.fed:.0f} s")
        return None

    def told(self):
        self.output.seek(0)
        lines = [line for line in self.output.read().split("\n") if line.startswith('{"')]
        return json.loads(lines[-1]) if lines else {}

    def finish(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        self.output.seek(0)
        text = self.output.read()
        begin = text.find("{\n")
        return json.loads(text[begin:]) if begin >= 0 else {"failure": text[-500:]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--hours", type=float, required=True)
    options = parser.parse_args()
    seconds = options.hours * 3600
    every = min(60.0, max(2.0, seconds / 8))
    media = os.path.abspath(f"{options.build}/soak-media")
    lecture = make_media(media)
    problems = []
    with tempfile.TemporaryDirectory() as scratch:
        port, tls, camera_port = free_port(), free_port(), free_port()
        camera = Camera(options.build, camera_port, CAMERA.format(lecture=lecture), scratch, "camera")
        server = Server(options.build, port, CONFIG.format(tls=tls, lecture=lecture, media=media, camera=camera_port),
                        scratch, "server", media)
        time.sleep(2)
        idle = server.usage()
        urls = {"plain": f"rtsp://127.0.0.1:{port}", "tls": f"rtsps://127.0.0.1:{tls}"}
        loads = [Load(options.build, name, arguments.format(**urls), every / 2) for name, arguments in LOAD]
        begin = told = time.time()
        lines, cpu = [], idle[2]
        print("   time   memory  descr.    CPU  viewers  started      packets  lost  failed  flaps", flush=True)
        while time.time() < begin + seconds and server.process.poll() is None:
            time.sleep(0.2)
            camera.turn(time.time() - begin)
            now = time.time()
            if now < told + every and now < begin + seconds:
                continue
            resident, descriptors, used = server.usage()
            states = [load.told() for load in loads]
            for load, state in zip(loads, states):
                load.check(state, now)
            total = {key: sum(state.get(key, 0) for state in states)
                     for key in ("playing", "viewers", "packets", "lost", "own_drops", "failed")}
            share, told, cpu = (used - cpu) / (now - told), now, used
            lines.append((resident, descriptors))
            print(f"{now - begin:6.0f} s {resident / 1048576:5.1f} MiB {descriptors:6} {100 * share:5.1f} % "
                  f"{total['playing']:8} {total['viewers']:8} {total['packets']:12} "
                  f"{total['lost'] - total['own_drops']:5} {total['failed']:7} {camera.flaps:6}", flush=True)
        if server.process.poll() is not None:
            sys.exit(f"the server ended with {server.process.returncode}: {server.log()}")
        for load in loads:
            report = load.finish()
            wrong = load.problems + [f"{key} {report.get(key)}" for key in ("duplicates", "malformed", "failed")
                                     if report.get(key) != 0]
            if report.get("lost", 1) > report.get("own_drops", 0):
                wrong.append(f"lost {report.get('lost')}")
            if report.get("all_packets", 0) == 0:
                wrong.append("nothing came")
            silence = report.get("silence_ms", {}).get("max", 0) / 1000
            if silence > load.silence:
                wrong.append(f"a viewer had no packet for {silence:.1f} s")
            if wrong:
                problems.append(f"{load.name}: {', '.join(wrong)} {report.get('failure', '')}")
            print(f"{load.name:22} {report.get('viewers', 0):6} viewers, {report.get('all_packets', 0):10} packets, "
                  f"{report.get('lost', 0)} lost, none silent for {silence:.1f} s", flush=True)
        camera.stop()
        # From a third on everything is as large as it becomes.
        settled = lines[len(lines) // 3]
        if lines[-1][0] > settled[0] + GROWTH:
            problems.append(f"memory grew from {settled[0]} to {lines[-1][0]} bytes")
        deadline = time.time() + 60
        after = server.usage()
        while time.time() < deadline and after[1] > idle[1] + 4:
            time.sleep(0.5)
            after = server.usage()
        print(f"afterwards {after[0] / 1048576:.1f} MiB and {after[1]} descriptors; before the load "
              f"{idle[0] / 1048576:.1f} MiB and {idle[1]}")
        if after[1] > idle[1] + 4:
            problems.append(f"descriptors stayed: {after[1]} in place of {idle[1]}")
        server.process.send_signal(signal.SIGTERM)
        if server.process.wait(20) != 0:
            problems.append(f"the server ended with {server.process.returncode}")
    for problem in problems:
        print(f"FAILED  {problem}")
    print("soak: failed" if problems else "soak: passed")
    sys.exit(1 if problems else 0)


signal.signal(signal.SIGTERM, lambda *_: sys.exit("soak: ended by SIGTERM"))
try:
    main()
finally:
    end_all()

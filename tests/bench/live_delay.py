"""What Lectern adds between a camera and a viewer, measured at packets with the same payload: one viewer plays the
camera itself, another plays it through a Lectern that pulls it. And how soon a viewer who comes has a whole key frame."""

import re
import select
import socket
import statistics
import time

RTP_HEADER = 12


def bound_pair():
    """Two sockets at neighbouring ports, the first one even (RFC 3550 section 11)."""
    while True:
        rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        try:
            rtp.bind(("127.0.0.1", 0))
            port = rtp.getsockname()[1]
            if port % 2 == 0:
                rtcp.bind(("127.0.0.1", port + 1))
                return rtp, rtcp
        except OSError:
            pass
        rtp.close()
        rtcp.close()


class Viewer:
    """Plays the video of a URL over UDP, on sockets that are read by receive()."""

    def __init__(self, port, path):
        self.url = f"rtsp://127.0.0.1:{port}/{path}"
        self.connection = socket.create_connection(("127.0.0.1", port), 10)
        self.connection.settimeout(20)
        self.sequence = 0
        self.rtp, self.rtcp = bound_pair()
        self.rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)

    def request(self, method, url, *headers):
        self.sequence += 1
        self.connection.sendall("\r\n".join([f"{method} {url} RTSP/1.0", f"CSeq: {self.sequence}", *headers, "", ""])
                                .encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.read()
        head, body = answer.split(b"\r\n\r\n", 1)
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        while length and len(body) < int(length[1]):
            body += self.read()
        if not head.startswith(b"RTSP/1.0 200"):
            raise RuntimeError(f"{method} {url}: {head.splitlines()[0].decode()}")
        return head.decode(), body.decode()

    def read(self):
        got = self.connection.recv(65536)
        if not got:
            raise RuntimeError(f"{self.url}: the server closed the connection")
        return got

    def set_up(self):
        video = self.request("DESCRIBE", self.url)[1].split("m=video", 1)[1]
        control = re.search(r"a=control:(\S+)", video)[1]
        track = control if "://" in control else f"{self.url}/{control}"
        ports = f"{self.rtp.getsockname()[1]}-{self.rtcp.getsockname()[1]}"
        head, _ = self.request("SETUP", track, f"Transport: RTP/AVP;unicast;client_port={ports}")
        self.session = re.search(r"(?i)session: *([^;\r]+)", head)[1]

    def play(self):
        self.asked = time.monotonic()
        self.request("PLAY", self.url, f"Session: {self.session}")

    def close(self):
        for each in (self.connection, self.rtp, self.rtcp):
            each.close()

    def __enter__(self):
        self.set_up()
        return self

    def __exit__(self, *_):
        self.close()


def receive(viewers, seconds):
    """(viewer, time, marker, payload) of what arrives."""
    until = time.monotonic() + seconds
    owner = {viewer.rtp: viewer for viewer in viewers}
    while (left := until - time.monotonic()) > 0:
        for ready in select.select(list(owner), [], [], left)[0]:
            packet = ready.recv(65536)
            yield owner[ready], time.monotonic(), packet[1] & 0x80 != 0, packet[RTP_HEADER:]


def added_delay_ms(camera_port, camera_path, port, path, seconds):
    """Median and 99th percentile, how many packets were seen at both ends, and the time between two frames."""
    with Viewer(camera_port, camera_path) as direct, Viewer(port, path) as through:
        direct.play()
        through.play()
        at_camera, delays, frames = {}, [], []
        began = time.monotonic()
        for viewer, now, marker, payload in receive([direct, through], seconds):
            if viewer is direct:
                at_camera[payload] = now
                frames += [now] if marker else []
            elif now - began > 1 and payload in at_camera:  # after the burst of what was there before
                delays.append((now - at_camera.pop(payload)) * 1000)
    delays.sort()
    frame = statistics.median(after - before for before, after in zip(frames, frames[1:])) * 1000
    return statistics.median(delays), delays[len(delays) * 99 // 100], len(delays), frame


def first_frame_ms(port, path, viewers):
    """From PLAY to the last packet of the first access unit, for viewers who come one by one: median, most."""
    times = []
    for i in range(viewers):
        time.sleep(0.13)  # at all places of a group of pictures
        with Viewer(port, path) as viewer:
            viewer.play()
            times.append(next(now - viewer.asked for _, now, marker, _ in receive([viewer], 5) if marker) * 1000)
    return statistics.median(times), max(times)

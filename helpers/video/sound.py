"""Read the sound of a video, for a copy of the video."""

import os
from collections.abc import Iterator

import av
from av.filter import Graph

from .decoding import filtered
from .metadata import open_video

SOUND_RATE, SOUND_LAYOUT = 48_000, "stereo"
# Silence fills the time before the sound and its gaps, because some containers, such as AVI, have no time stamps.
FILTERS = (
    ("aresample", "async=1:first_pts=0"),
    ("aformat", f"sample_fmts=fltp:sample_rates={SOUND_RATE}:channel_layouts={SOUND_LAYOUT}"),
)


class SoundReader:
    """Iterates over the sound of a video file, from a player's time 0 on, in stereo at 48 kHz.

    Of several sound tracks, it is the one that players choose. There is nothing to iterate over if the file has no sound.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = path
        self.note = ""  # what could not be read so far, in one sentence

    def __iter__(self) -> Iterator[av.AudioFrame]:
        """Yield frames with increasing time stamps and without gaps."""
        graph, properties = None, None
        with open_video(self.path) as container:
            for frame in self._decode(container):
                if properties != (properties := (frame.format.name, frame.layout.name, frame.sample_rate)):
                    yield from filtered(graph, None)  # broadcasts change from stereo to surround sound and back
                    graph = _graph(frame, FILTERS if graph is None else (("aresample", "async=1"), FILTERS[1]))
                yield from filtered(graph, frame)
            yield from filtered(graph, None)

    def _decode(self, container: av.container.InputContainer) -> Iterator[av.AudioFrame]:
        """Yield the frames of the default sound track, with time stamps that count from a player's time 0."""
        track = container.streams.best("audio")
        if not isinstance(track, av.AudioStream) or track.codec_context is None:
            self.note = "" if track is None else "The codec of its sound is not known, so the copy is silent."
            return
        origin, undecodable = (container.start_time or 0) / av.time_base, 0
        try:
            for packet in container.demux(track):
                try:
                    decoded = track.decode(packet)
                except av.error.FFmpegError:
                    undecodable += 1
                    continue
                for frame in decoded:
                    if frame.pts is not None and frame.time_base:
                        frame.pts -= round(origin / frame.time_base)
                    yield frame
        except av.error.FFmpegError as error:  # the file is cut or damaged; players go on without sound
            self.note = f"Its sound ends early: {error.strerror}."
        if undecodable:
            self.note = f"{undecodable} parts of its sound could not be decoded and were replaced by silence. {self.note}".strip()


def _graph(frame: av.AudioFrame, filters: tuple[tuple[str, str], ...]) -> Graph:
    """Return a chain of filters for frames like this one."""
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate, format=frame.format.name, layout=frame.layout.name, time_base=frame.time_base
    )
    graph.link_nodes(source, *(graph.add(name, options) for name, options in filters), graph.add("abuffersink")).configure()
    return graph

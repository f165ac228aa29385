"""Batches made ahead of their use, on a thread and a CUDA stream of their own."""
import queue
import threading
from dataclasses import fields

import torch

AHEAD = 2
#: How often a thread that waits looks whether it is to end.
LOOK_S = 0.2


def tensors(batch):
    """{name: tensor} of a batch."""
    parts = {field.name: getattr(batch, field.name) for field in fields(batch)}
    return {name: part for name, part in parts.items() if part is not None}


class Prefetch:
    """The batches of `sampler`, in its order. Errors of the thread appear in `next`."""

    def __init__(self, sampler, device):
        self.sampler, self.on_gpu = sampler, device == "cuda"
        self.ready, self.ended = queue.Queue(AHEAD), threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        try:
            if not self.on_gpu:
                while not self.ended.is_set():
                    self.put((self.sampler.next(), None))
                return
            stream = torch.cuda.Stream()
            with torch.cuda.stream(stream):
                while not self.ended.is_set():
                    batch = self.sampler.next()
                    self.put((batch, stream.record_event()))
        except Exception as error:
            self.put((error, None))

    def put(self, item):
        while not self.ended.is_set():
            try:
                return self.ready.put(item, timeout=LOOK_S)
            except queue.Full:
                continue

    def next(self):
        batch, made = self.ready.get()
        if isinstance(batch, Exception):
            raise batch
        if made is not None:
            current = torch.cuda.current_stream()
            current.wait_event(made)
            for tensor in tensors(batch).values():
                tensor.record_stream(current)
        return batch

    def close(self):
        self.ended.set()
        self.thread.join()

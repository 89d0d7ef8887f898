"""A notebook's kernel as a fork of a process that has imported everything already.

jupyter_client starts a kernel through a provisioner. Ours hands the connection file to a process that stands ready:
the kernel is an ordinary ipykernel in every other respect.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from analysis.driver.parent import watch_parent


def serve(requests: Connection, folder: str, environment: dict[str, str], log: str) -> None:
    """Be a kernel: in `folder`, once the arguments of ipykernel arrive.

    Parameters
    ----------
    requests : Connection
        Brings one list of arguments (``-f <connection file>`` and more).
    environment : dict
        Added to the environment.
    log : str
        Receives what the process writes outside any cell.
    """
    os.setsid()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.chdir(folder)
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    watch_parent()
    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.launch_instance(argv=requests.recv())


class StandbyKernel:
    """A forked process that becomes a kernel when told; it looks like `subprocess.Popen` to jupyter_client.

    Made before the parent has threads or an event loop, so that the fork is safe.
    """

    stdin = stdout = stderr = None

    def __init__(self, folder: Path, environment: dict[str, str], log: Path):
        context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        theirs, self.requests = context.Pipe(duplex=False)
        self.process: BaseProcess = context.Process(target=serve, args=(theirs, str(folder), environment, str(log)))
        self.process.start()
        theirs.close()
        self.pid = self.process.pid or 0
        self.is_stopped = False

    def begin(self, arguments: list[str]) -> None:
        """Become a kernel."""
        self.requests.send(arguments)

    def poll(self) -> int | None:
        """Exit code, negative for a signal; None while alive."""
        return self.process.exitcode

    def wait(self) -> int | None:
        """Wait for the end."""
        self.process.join()
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal to the process and its children."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        if self.process.is_alive():
            self.is_stopped = True
            self.send_signal(signal.SIGKILL)
            self.process.kill()  # it may not lead its own group yet

    terminate = kill

    def peak_megabytes(self) -> int:
        """Most memory held so far; 0 where the system does not tell."""
        try:
            lines = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines()
        except OSError:
            return 0
        return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


class StandbyProvisioner(LocalProvisioner):
    """Starts a kernel by waking the process that stands ready."""

    standby: StandbyKernel

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Hand over what follows ``-m ipykernel_launcher`` in the kernel's command."""
        self.standby.begin(cmd[cmd.index("-f") :])
        self.process = self.standby  # type: ignore[assignment]
        self.pid = self.pgid = self.standby.pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """End the process at once."""
        self.standby.kill()

    async def terminate(self, restart: bool = False) -> None:
        """End the process at once: a notebook's kernel has nothing to save."""
        self.standby.kill()

    async def wait(self) -> int | None:
        """Wait for the process's end, looking often: it has been killed."""
        while self.standby.poll() is None:
            await asyncio.sleep(0.005)
        self.process = None
        return self.standby.wait()


class QuickClient(AsyncKernelClient):
    """A client that is ready as soon as the kernel is.

    The usual one waits a further 0.2 s for messages that might come; this one knows which message is the last.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return once the kernel has replied and reported that it is idle; both channels work then.

        Raises
        ------
        RuntimeError
            The kernel died, or did not come up in `timeout` seconds.
        """
        until = time.monotonic() + (timeout or float("inf"))
        while time.monotonic() < until:
            request = self.kernel_info()
            try:
                await self.get_shell_msg(timeout=1)
                while not _is_idle(await self.get_iopub_msg(timeout=1), request):
                    pass
                return
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError("the kernel died before it was ready") from None
        raise RuntimeError(f"the kernel was not ready in {timeout} seconds")


def _is_idle(message: dict[str, Any], request: str) -> bool:
    is_status = message["header"]["msg_type"] == "status" and message["parent_header"].get("msg_id") == request
    return is_status and message["content"]["execution_state"] == "idle"


def manager_class(standby: StandbyKernel) -> type[AsyncKernelManager]:
    """A kernel manager whose kernel is `standby`."""

    class StandbyManager(AsyncKernelManager):
        client_factory = QuickClient

        async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:
            if self.provisioner is None:
                self.provisioner = StandbyProvisioner(kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self)
                self.provisioner.standby = standby
            return await super()._async_pre_start_kernel(**kwargs)

    return StandbyManager

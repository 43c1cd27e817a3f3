"""A front end for widgets: start a kernel, and send it the messages of a browser, as when a file is chosen."""

import os
from contextlib import contextmanager
from datetime import datetime, timezone

from jupyter_client import KernelManager

from tests.support import TOP

UPLOADED = datetime(2026, 8, 19, tzinfo=timezone.utc)


@contextmanager
def kernel(python, working_folder, **variables):
    """Start a kernel of this Python that finds the tutorial; yield a client of it."""
    manager = KernelManager()
    manager.kernel_spec.argv[0] = str(python)
    manager.start_kernel(cwd=working_folder, env={**os.environ, "PYTHONPATH": str(TOP), **variables})
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def widgets_of(client, code):
    """Run code; return the widgets that it makes, as the messages that open them."""
    replies = replies_to(client, client.execute(code))
    assert not texts(replies), texts(replies)
    return [reply["content"] for reply in replies if reply["msg_type"] == "comm_open"]


@contextmanager
def upload_button(python, working_folder, saving_folder="."):
    """Create the upload button in a kernel of this Python; yield a function that uploads a file.

    The function accepts the name and the content of the file, and returns the text below the button, including errors.
    """
    with kernel(python, working_folder) as client:
        code = "from helpers.video.sources import upload_button\n"
        widgets = widgets_of(client, f"{code}button = upload_button({str(saving_folder)!r})")
        yield lambda name, content: upload(client, widgets, name, content)


def send_to_widget(client, widget, content, buffers=()):
    """Send a widget a message of its own, as a browser does; return those that it sends back."""
    data = {"method": "custom", "content": content}
    message = client.session.msg("comm_msg", {"comm_id": widget["comm_id"], "data": data})
    client.session.send(client.shell_channel.socket, message, buffers=list(buffers))
    replies = replies_to(client, message["header"]["msg_id"])
    return [reply["content"]["data"]["content"] for reply in replies if reply["msg_type"] == "comm_msg"]


def upload(client, widgets, name, content):
    """Upload a file; return the text below the button."""
    [button] = [widget for widget in widgets if widget["data"]["state"]["_model_name"] == "FileUploadModel"]
    [output] = [widget for widget in widgets if widget["data"]["state"]["_model_name"] == "OutputModel"]
    state, buffer_path = chosen_file(button["data"]["state"], name, content)
    update = {"method": "update", "state": state, "buffer_paths": [buffer_path]}
    message = client.session.msg("comm_msg", {"comm_id": button["comm_id"], "data": update})
    client.session.send(client.shell_channel.socket, message, buffers=[content])
    replies = replies_to(client, message["header"]["msg_id"])
    # An output widget shows the output that belongs to the message whose id is in its state.
    updates = [reply["content"] for reply in replies if reply["msg_type"] == "comm_msg"]
    named = [update["data"]["state"]["msg_id"] for update in updates if update["comm_id"] == output["comm_id"]]
    assert named == [message["header"]["msg_id"], ""], f"not shown below the button: {texts(replies)!r}"
    return texts(replies)


def chosen_file(button, name, content):
    """Return the state that a browser sends when a file is chosen, and the path to the content in that state."""
    about = {"name": name, "type": "video/mp4", "size": len(content)}
    modified = int(UPLOADED.timestamp() * 1000)
    if "_counter" in button:  # ipywidgets 7
        button["_counter"] += 1
        metadata = [{**about, "lastModified": modified}]
        return {"_counter": button["_counter"], "metadata": metadata, "data": [None], "error": ""}, ["data", 0]
    return {"value": [{**about, "last_modified": modified}], "error": ""}, ["value", 0, "content"]


def replies_to(client, request):
    """Return all replies to a request, until the kernel reports that it is idle."""
    replies = []
    while not (replies and replies[-1]["msg_type"] == "status" and replies[-1]["content"]["execution_state"] == "idle"):
        reply = client.get_iopub_msg(timeout=120)
        if reply["parent_header"].get("msg_id") == request:
            replies.append(reply)
    return replies


def texts(replies):
    """Return the printed text and the error messages in replies."""
    streams = [reply["content"]["text"] for reply in replies if reply["msg_type"] == "stream"]
    return "".join(streams + [reply["content"]["evalue"] for reply in replies if reply["msg_type"] == "error"])

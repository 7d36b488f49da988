import pytest

from tests.engine.sources.logs.written import columns, entries

# Two lines of each format: the timestamp, level and component of the first, and its message.
FORMATS = {
    "log4j": (
        (
            "2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.MRAppMaster: Created application 20\n"
            "2015-10-18 18:01:48,963 WARN [IPC 1] org.apache.hadoop.Server: Slow call: 30\n"
        ),
        ("2015-10-18 18:01:47,978", "INFO", "org.apache.hadoop.MRAppMaster", "Created application 20"),
    ),
    "logback": (
        "12:00:00.123 [main] DEBUG c.f.Bar - started\n12:00:00.124 [pool-1] ERROR c.f.Baz - failed - badly\n",
        ("12:00:00.123", "DEBUG", "c.f.Bar", "started"),
    ),
    "spring": (
        (
            "2020-01-01 12:00:00.123  INFO 1234 --- [           main] o.s.b.Foo      : Starting\n"
            "2020-01-01 12:00:00.124 ERROR 1234 --- [nio-8080-exec-1] o.s.b.Bar      : Failed\n"
        ),
        ("2020-01-01 12:00:00.123", "INFO", "o.s.b.Foo", "Starting"),
    ),
    "Python logging": (
        "2020-01-01 12:00:00,123 - my.module - INFO - started\n2020-01-01 12:00:00,124 - my.other - ERROR - lost\n",
        ("2020-01-01 12:00:00,123", "INFO", "my.module", "started"),
    ),
    "Python logging by default": (
        "WARNING:root:watch out\nINFO:a.b:hello\n",
        (None, "WARNING", "root", "watch out"),
    ),
    "ISO 8601": (
        "2020-01-01T12:00:00.123456Z INFO job 5 started\n2020-01-01T12:00:01.123456Z WARN job 6 is late\n",
        ("2020-01-01T12:00:00.123456Z", "INFO", None, "job 5 started"),
    ),
    "RFC 3164": (
        "<34>Oct 11 22:14:15 mymachine su[12]: 'su root' failed\n<13>Feb  5 17:32:18 10.0.0.99 myproc: Use it\n",
        ("Oct 11 22:14:15", "crit", "su[12]", "'su root' failed"),
    ),
    "RFC 5424": (
        (
            '<165>1 2003-10-11T22:14:15.003Z host app - ID47 [ex@32473 iut="3"] An event\n'
            "<34>1 2003-10-11T22:14:15.003Z host su 77 ID47 - su root failed\n"
        ),
        ("2003-10-11T22:14:15.003Z", "notice", "app", "An event"),
    ),
    "journald": (
        "Jan 01 12:00:00 host systemd[1]: Started Foo.\nJan 01 12:00:01 host kernel: usb 1-1\n",
        ("Jan 01 12:00:00", None, "systemd[1]", "Started Foo."),
    ),
    "journald, ISO": (
        "2020-01-01T12:00:00+0100 host systemd[1]: Started Foo.\n2020-01-01T12:00:01+0100 host kernel: usb 1-1\n",
        ("2020-01-01T12:00:00+0100", None, "systemd[1]", "Started Foo."),
    ),
    "access": (
        (
            '127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326\n'
            '10.0.0.2 - frank [10/Oct/2000:13:55:37 -0700] "POST /x HTTP/1.0" 404 2326 "http://a" "Moz"\n'
        ),
        ("10/Oct/2000:13:55:36 -0700", None, "127.0.0.1", '"GET /a.gif HTTP/1.0" 200 2326'),
    ),
    "Apache error": (
        "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok\n[Sun Dec 04 04:47:45 2005] [error] mod_jk child\n",
        ("Sun Dec 04 04:47:44 2005", "notice", None, "workerEnv.init() ok"),
    ),
    "nginx error": (
        '2020/01/01 12:00:00 [error] 1234#0: *5 open() "/x" failed\n2020/01/01 12:00:01 [warn] 1234#0: *6 buffered\n',
        ("2020/01/01 12:00:00", "error", "1234#0", '*5 open() "/x" failed'),
    ),
    "HDFS": (
        (
            "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 terminating\n"
            "081109 203807 222 WARN dfs.FSNamesystem: BLOCK* ask to delete\n"
        ),
        ("081109 203615", "INFO", "dfs.DataNode$PacketResponder", "PacketResponder 1 terminating"),
    ),
    "Blue Gene": (
        (
            "- 1117838570 2005.06.03 R02-M1 2005-06-03-15.42.50.675872 R02-M1 RAS KERNEL INFO parity error corrected\n"
            "APPSEV 1117838573 2005.06.03 R02-M2 2005-06-03-15.42.53.276129 R02-M2 RAS APP FATAL ciod: lost\n"
        ),
        ("1117838570", "INFO", "KERNEL", "parity error corrected"),
    ),
    "Thunderbird": (
        (
            "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed\n"
            "- 1131566462 2005.11.09 dn3 Nov 9 12:01:02 dn3/dn3 crond[2917]: (root) CMD\n"
        ),
        ("1131566461", None, "crond(pam_unix)[2915]", "session closed"),
    ),
    "Proxifier": (
        "[10.30 16:49:06] chrome.exe - proxy.edu:5070 open\n[10.30 16:49:07] QQ.exe *64 - proxy.edu:5070 close\n",
        ("10.30 16:49:06", None, "chrome.exe", "proxy.edu:5070 open"),
    ),
    "Windows CBS": (
        (
            "2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack\n"
            "2016-09-28 04:30:31, Error                 CSI    00000001 failed\n"
        ),
        ("2016-09-28 04:30:30", "Info", "CBS", "Loaded Servicing Stack"),
    ),
    "logcat": (
        "03-17 16:13:38.811  1702  2395 D WindowManager: opening\n03-17 16:13:38.819  1702  8671 I Power: lock=2\n",
        ("03-17 16:13:38.811", "D", "WindowManager", "opening"),
    ),
    "Spark": (
        "17/06/09 20:10:40 INFO executor.Backend: Registered handlers\n17/06/09 20:10:41 WARN spark.Security: acls\n",
        ("17/06/09 20:10:40", "INFO", "executor.Backend", "Registered handlers"),
    ),
    "klog": (
        "I0622 10:11:12.123456   12345 server.go:123] Started\nE0622 10:11:13.123456   12345 kubelet.go:1] Lost\n",
        ("I0622 10:11:12.123456", "I", "server.go:123", "Started"),
    ),
    "Java GC": (
        "[0.123s][info][gc] GC(0) Pause Young\n[1.456s][info][gc] GC(1) Pause Full\n",
        ("0.123s", "info", "[gc]", "GC(0) Pause Young"),
    ),
    "Java util logging": (
        "Jun 22, 2020 10:11:12 AM com.foo.Bar method\nINFO: started\nJun 22, 2020 10:11:13 AM com.foo.Baz run\n",
        ("Jun 22, 2020 10:11:12 AM", None, None, "com.foo.Bar method\nINFO: started"),
    ),
    "seconds since 1970": (
        "1577836800 worker started\n1577836801 worker stopped\n",
        ("1577836800", None, None, "worker started"),
    ),
    "milliseconds since 1970": (
        "1577836800123 INFO worker started\n1577836801123 ERROR worker stopped\n",
        ("1577836800123", "INFO", None, "worker started"),
    ),
    "seconds since the start": (
        "[    0.000000] Linux version 5.0\n[   12.345678] usb 1-1: new device\n",
        ("    0.000000", None, None, "Linux version 5.0"),
    ),
    "level first": (
        "[ERROR] disk failed\n[INFO] all is well\n",
        (None, "ERROR", None, "disk failed"),
    ),
    "fields": (
        "20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged\n20171223-22:15:30:1|Step|30002312|on|off\n",
        ("20171223-22:15:29:606", None, None, "onStandStepChanged"),
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_header_of_a_common_format_is_read(tmp_path, name):
    text, (timestamp, level, component, message) = FORMATS[name]

    first = columns(entries(tmp_path / "service.log", text)[0])

    assert (first["timestamp"] or None, first["level"], first["component"]) == (timestamp, level, component)
    assert first["message"] == message
    assert text.startswith(first["prefix"] + message)


def test_a_line_with_only_the_start_of_the_header_keeps_that(tmp_path):
    text = "Jun 14 15:16:01 combo sshd[1]: closed\n" * 20 + "Jun 14 15:16:02 combo last message repeated 2 times\n"

    last = columns(entries(tmp_path / "messages", text)[-1])

    assert (last["prefix"], last["component"]) == ("Jun 14 15:16:02 combo ", None)
    assert last["message"] == "last message repeated 2 times"


def test_two_formats_in_one_file_are_both_read(tmp_path):
    text = "2020-01-01 12:00:00,123 INFO a.B: up\n" * 30 + "Jan 01 12:00:00 host systemd[1]: Started Foo.\n" * 10

    found = [columns(entry) for entry in entries(tmp_path / "both.log", text)]

    assert [(row["level"], row["component"]) for row in found] == [("INFO", "a.B")] * 30 + [(None, "systemd[1]")] * 10


def test_a_format_that_begins_far_into_the_file_is_told_by_its_day_and_time(tmp_path):
    text = "2020-01-01 12:00:00,123 INFO a.B: up\n" * 6_000 + "[Sun Dec 04 04:47:44 2005] [notice] down\n" * 3

    found = [columns(entry) for entry in entries(tmp_path / "rotated.log", text)]

    assert len(found) == 6_003
    assert (found[-1]["timestamp"], found[-1]["level"], found[-1]["message"]) == (
        "Sun Dec 04 04:47:44 2005",
        "notice",
        "down",
    )

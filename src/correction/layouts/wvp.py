#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""把整改建议逐路写入 WVP（接口 /api/common/channel）。先读一遍本脚本，再用自己的令牌运行。

默认只显示、不写入；加 --apply 才写入。每写一路之前，先把该通道原来的样子记入撤销文件；写后重新读取核对。
平台上的值与检测时不同的通道不改。只用 Python 3 标准库。

    WVP_TOKEN=令牌 python3 本脚本 --server http://平台地址:18080              只显示
    WVP_TOKEN=令牌 python3 本脚本 --server http://平台地址:18080 --apply      写入
    WVP_TOKEN=令牌 python3 本脚本 --server http://平台地址:18080 --undo 撤销文件   全部改回

Writes proposals into WVP channel by channel. Read it first, then run it with your own token. Without --apply nothing
is written. Before a channel is written, what it was goes into an undo file; after it, the channel is read again. A
channel that does not hold what the run saw is left alone. Python 3 standard library only.

退出码 exit codes: 0 全部完成 all done; 1 有通道未改 some channels were left; 2 参数、令牌或连接有误 usage, token or connection
"""
import argparse
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

# 数据：第一行是批次，其后一路一行；全部是 JSON 文本。Data: the run, then one camera a line, all of it JSON text.
DATA = (
__DATA__
)

# 上限 limits
TIMEOUT_SECONDS = 20
MAX_ANSWER_BYTES = 16 * 1024 * 1024
PAGE = 100
MAX_PAGES = 50
MAX_SHOWN = 200

HEAD, ROWS = None, []
# 只在换行处断开：名称里可能有别的行分隔符。Cut at line feeds only: a name may hold other separators.
for _line in DATA.rstrip("\n").split("\n"):
    _value = json.loads(_line)
    if HEAD is None:
        HEAD = _value
    else:
        ROWS.append(_value)


def say(zh, en):
    return zh if HEAD["lang"] == "zh" else en


class Stop(Exception):
    """不必再试下一路。No other channel is worth trying."""


class Refused(Exception):
    """这一路不改。This channel is left alone."""


def shown(value):
    """可以放心显示的文字。A text that cannot repaint the terminal."""
    text = "" if value is None else str(value)
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


class Missing(Refused):
    """平台上没有这个编码。The platform has no channel with this code."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """令牌不随重定向发往别处。The token does not follow a redirect."""

    def redirect_request(self, *args, **kwargs):
        return None


class Platform:
    def __init__(self, server, token, pause):
        self.server, self.token, self.pause = server.rstrip("/"), token, pause
        self.opener = urllib.request.build_opener(NoRedirect(), urllib.request.ProxyHandler({}))
        self.is_first = True

    def clean(self, text):
        """平台回显的令牌不显示。A token that the platform echoes is not shown."""
        return shown(str(text).replace(self.token, "***"))

    def call(self, path, query=None, body=None):
        """一次调用，返回 data。One call, gives data."""
        if not self.is_first:
            time.sleep(self.pause)
        self.is_first = False
        url = self.server + path + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"access-token": self.token, "Accept": "application/json"}
        octets = None
        if body is not None:
            octets = json.dumps(body, ensure_ascii=False).encode("utf-8")
            headers["Content-Type"] = "application/json; charset=utf-8"
        request = urllib.request.Request(url, data=octets, headers=headers, method="GET" if body is None else "POST")
        try:
            with self.opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                text = answer.read(MAX_ANSWER_BYTES + 1)
        except urllib.error.HTTPError as error:
            if error.code in (401, 403):
                raise Stop(say("令牌无效或没有权限（HTTP %d）" % error.code, "the token is not accepted (HTTP %d)" % error.code))
            raise Refused(say("平台应答 HTTP %d" % error.code, "the platform answered HTTP %d" % error.code))
        except (OSError, http.client.HTTPException) as error:
            reason = self.clean(getattr(error, "reason", error))
            raise Stop(say("连接平台失败：%s" % reason, "the platform cannot be reached: %s" % reason))
        if len(text) > MAX_ANSWER_BYTES:
            raise Refused(say("应答过长", "the answer is too long"))
        try:
            answer = json.loads(text.decode("utf-8"))
            code = answer.get("code")
        except (ValueError, AttributeError, RecursionError):
            raise Refused(say("应答不是 WVP 的 JSON", "the answer is no JSON of WVP"))
        if code == 401:
            raise Stop(say("令牌无效：%s" % self.clean(answer.get("msg")), "the token is not accepted: %s" % self.clean(answer.get("msg"))))
        if code != 0:
            raise Refused(say("平台拒绝（%s）：%s", "the platform refused (%s): %s") % (self.clean(code), self.clean(answer.get("msg"))))
        return answer.get("data")

    def find(self, code):
        """编码恰为 code 的通道的 gbId。The gbId of the channel with exactly this code."""
        found, seen = set(), 0
        for page in range(1, MAX_PAGES + 1):
            data = self.call("/api/common/channel/list", {"page": page, "count": PAGE, "query": code})
            rows = data.get("list") if isinstance(data, dict) else None
            if not isinstance(rows, list):
                raise Refused(say("应答中没有通道列表", "the answer has no list of channels"))
            exact = [r.get("gbId") for r in rows if isinstance(r, dict) and plain(r.get("gbDeviceId")) == code]
            found.update(gb_id for gb_id in exact if isinstance(gb_id, (int, str)))
            seen += len(rows)
            total = number(data.get("total"))
            if not rows or (total is not None and seen >= total):
                break
        else:
            raise Refused(say("查到的通道过多", "too many channels were found"))
        if not found:
            raise Missing(say("平台上没有这个编码", "the platform has no channel with this code"))
        if len(found) > 1:
            raise Refused(say("平台上有 %d 路通道用这个编码" % len(found), "%d channels of the platform have this code" % len(found)))
        return found.pop()

    def one(self, gb_id):
        channel = self.call("/api/common/channel/one", {"id": gb_id})
        if not isinstance(channel, dict) or channel.get("gbId") != gb_id:
            raise Refused(say("没有读到这一路", "the channel could not be read"))
        return channel

    def update(self, channel):
        self.call("/api/common/channel/update", body=channel)


def number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def plain(value):
    text = "" if value is None else str(value).strip()
    return "" if text.lower() == "null" else text


def same(change, a, b):
    """两个值是否相同；数字按数值比较，空与 0 相同。Whether two values are the same; numbers as numbers, none is 0."""
    if change["number"]:
        a, b = (0.0 if plain(v) == "" else number(v) for v in (a, b))
        return a is not None and b is not None and abs(a - b) < 1e-9
    return plain(a) == plain(b)


def is_new(change, value):
    """是否已是建议值，逐字比较。Whether it is the proposal already, to the letter."""
    return same(change, value, change["new"]) and (change["number"] or value == change["new"])


def as_sent(change):
    if not change["number"]:
        return change["new"]
    value = number(change["new"])
    if value is None or value != value or abs(value) == float("inf"):
        raise Refused(say("建议值不是数字", "the proposal is no number"))
    # 端口等为整数 ports are whole numbers
    return int(value) if change["new"].isdigit() else value


def without_passwords(channel):
    return {key: value for key, value in channel.items() if "password" not in key.lower()}


class Undo:
    """撤销文件：一行一路，写入平台之前落盘。The undo file, a line a channel, on the disk before the platform is written to."""

    def __init__(self, path):
        self.path, self.file = path, None

    def keep(self, before, changes):
        if self.file is None:
            # 不覆盖已有文件，只有本人可读。Never over another file; only its owner reads it.
            self.file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
        line = {"run": HEAD["run"], "before": without_passwords(before), "changes": changes}
        self.file.write(json.dumps(line, ensure_ascii=True) + "\n")
        self.file.flush()
        os.fsync(self.file.fileno())


def correct(platform, row, undo):
    """改一路；返回是否（将）写入。Puts one channel right; gives whether it was, or would be, written."""
    new_code = next((c["new"] for c in row["changes"] if c["field"] == "gbDeviceId"), None)
    try:
        channel = platform.one(platform.find(row["code"]))
    except Missing:
        # 可能上次已改。Perhaps it was done the last time.
        if new_code is None:
            raise
        channel = platform.one(platform.find(new_code))
    changes = [c for c in row["changes"] if not is_new(c, channel.get(c["field"]))]
    for change in changes:
        now = channel.get(change["field"])
        if not same(change, now, change["old"]):
            raise Refused(say("%s 现为“%s”，检测时为“%s”，已变动", "%s is \"%s\" and was \"%s\" when the run saw it")
                          % (change["field"], shown(now), shown(change["old"])))
    if not changes:
        print(say("  已是建议值", "  it holds the proposals already"))
        return False
    if new_code is not None and any(c["field"] == "gbDeviceId" for c in changes):
        try:
            holder = platform.find(new_code)
        except Missing:
            holder = channel["gbId"]
        if holder != channel["gbId"]:
            raise Refused(say("新编码 %s 已被另一通道占用", "the new code %s is taken by another channel") % shown(new_code))
    after = dict(channel)
    for change in changes:
        after[change["field"]] = as_sent(change)
        print("  %s: %s -> %s" % (change["field"], shown(channel.get(change["field"])), shown(after[change["field"]])))
    if undo is None:
        return True
    undo.keep(channel, changes)
    platform.update(after)
    check(platform, channel["gbId"], changes, "new")
    print(say("  已写入，读回一致", "  written, and read back the same"))
    return True


def check(platform, gb_id, changes, key):
    again = platform.one(gb_id)
    for change in changes:
        if not same(change, again.get(change["field"]), change[key]):
            raise Refused(say("写入后读回 %s 为“%s”", "after writing %s reads \"%s\"")
                          % (change["field"], shown(again.get(change["field"]))))


def put_back(platform, line, is_dry):
    """按撤销文件改回一路。Puts one channel back."""
    before = line["before"]
    channel = platform.one(before["gbId"])
    changes = [dict(c, back=before.get(c["field"])) for c in line["changes"]]
    changes = [c for c in changes if channel.get(c["field"]) != c["back"]]
    if not changes:
        print(say("  已是原来的值", "  it is as it was already"))
        return False
    after = dict(channel)
    for change in changes:
        now = channel.get(change["field"])
        if not same(change, now, change["new"]):
            raise Refused(say("%s 现为“%s”，不是本脚本写入的值，未改回", "%s is \"%s\", which this script did not write; left alone")
                          % (change["field"], shown(now)))
        after[change["field"]] = change["back"]
        print("  %s: %s -> %s" % (change["field"], shown(now), shown(change["back"])))
    if not is_dry:
        platform.update(after)
        check(platform, channel["gbId"], changes, "back")
        print(say("  已改回", "  put back"))
    return True


def work(items, title, one):
    """逐路进行；返回完成数、未改数。One by one; gives how many were done and how many were left."""
    done = left = 0
    for place, item in enumerate(items, 1):
        print("[%d/%d] %s" % (place, len(items), title(item)))
        try:
            done += bool(one(item))
        except Refused as why:
            left += 1
            print(say("  未改：%s", "  left alone: %s") % why)
        sys.stdout.flush()
    return done, left


def main():
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(description=say("把整改建议写入 WVP；默认只显示，不写入", "writes proposals into WVP; without --apply it only shows them"))
    parser.add_argument("--server", required=True, help=say("平台地址，如 http://192.0.2.10:18080", "the platform, such as http://192.0.2.10:18080"))
    parser.add_argument("--token", default=os.environ.get("WVP_TOKEN", ""), help=say("令牌；最好用环境变量 WVP_TOKEN", "the token; the variable WVP_TOKEN is better"))
    parser.add_argument("--apply", action="store_true", help=say("写入平台", "write to the platform"))
    parser.add_argument("--pause", type=float, default=0.2, help=say("两次调用之间的秒数，默认 0.2", "seconds between calls, default 0.2"))
    parser.add_argument("--undo", metavar="FILE", help=say("按撤销文件全部改回", "put everything back by this undo file"))
    parser.add_argument("--dry-run", action="store_true", help=say("与 --undo 同用：只显示", "with --undo: only show"))
    parser.add_argument("--undo-file", metavar="FILE", help=say("撤销文件的名称，默认按时间", "name of the undo file, default by the time"))
    args = parser.parse_args()
    if not args.server.startswith(("http://", "https://")):
        parser.error(say("--server 应以 http:// 或 https:// 开头", "--server must begin with http:// or https://"))
    if not args.token:
        parser.error(say("缺少令牌：设置环境变量 WVP_TOKEN，或写 --token", "no token: set WVP_TOKEN, or give --token"))
    if not all("!" <= c <= "~" for c in args.token):
        parser.error(say("令牌含有空格或非 ASCII 字符", "the token has blanks or characters that are not ASCII"))
    if not 0 <= args.pause <= 60:
        parser.error(say("--pause 须在 0 到 60 之间", "--pause must be between 0 and 60"))
    platform = Platform(args.server, args.token, args.pause)
    print(say("%s 批次 %s", "%s, run %s") % (shown(HEAD["platform"]), shown(HEAD["run"])))
    undo = None
    try:
        if args.undo:
            with open(args.undo, encoding="utf-8") as file:
                lines = [json.loads(line) for line in file if line.strip()]
            lines.reverse()
            done, left = work(lines, lambda line: shown(line["before"].get("gbName")), lambda line: put_back(platform, line, args.dry_run))
            print(say("改回 %d 路，未改 %d 路", "%d put back, %d left alone") % (done, left))
        else:
            if args.apply:
                undo = Undo(args.undo_file or time.strftime("wvp-undo-%Y%m%d-%H%M%S.jsonl"))
            title = lambda row: "%s %s (%s)" % (shown(row["code"]), shown(row["name"]), shown(row["rules"]))
            done, left = work(ROWS, title, lambda row: correct(platform, row, undo))
            if undo is None:
                print(say("可改 %d 路，未改 %d 路。以上只是显示，没有写入；加 --apply 写入", "%d to be changed, %d left alone. Nothing was written; --apply writes") % (done, left))
            else:
                print(say("已改 %d 路，未改 %d 路", "%d changed, %d left alone") % (done, left))
    except KeyboardInterrupt:
        print(say("已中断", "interrupted"), file=sys.stderr)
        return 2
    except Stop as why:
        print(say("停止：%s", "stopped: %s") % why, file=sys.stderr)
        return 2
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(say("停止：文件不可用（%s）", "stopped: a file cannot be used (%s)") % platform.clean(error), file=sys.stderr)
        return 2
    finally:
        if undo is not None and undo.file is not None:
            undo.file.close()
            print(say("撤销文件 %s", "undo file %s") % undo.path)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

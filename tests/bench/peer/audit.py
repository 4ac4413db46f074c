"""What an auditor runs today on an exported catalogue: lxml, regular expressions, shapely, openpyxl.

Each stage is a subcommand and prints one line of JSON: seconds, peak resident memory in kB, things handled.
Files are read and tables are loaded before the clock starts, except in `check`, which times everything.
"""

import argparse
import csv
import io
import json
import re
import time
from collections import Counter
from pathlib import Path

import numpy as np
import shapely
from lxml import etree
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

# The elements an item may have; also keeps one copy of each name instead of one an item.
ELEMENTS = {
    name: name
    for name in (
        "DeviceID Name Manufacturer Model Owner CivilCode Block Address Parental ParentID SafetyWay RegisterWay "
        "CertNum Certifiable ErrCode EndTime Secrecy IPAddress Port Password Status Longitude Latitude "
        "BusinessGroupID PTZType PositionType RoomType UseType SupplyLightType DirectionType Resolution "
        "DownloadSpeed SVCSpaceSupportMode SVCTimeSupportMode"
    ).split()
}
# Columns of a ledger.
COLUMNS = {
    "设备编码": "DeviceID",
    "设备名称": "Name",
    "设备厂商": "Manufacturer",
    "设备型号": "Model",
    "设备归属": "Owner",
    "行政区划": "CivilCode",
    "安装地址": "Address",
    "是否有子设备": "Parental",
    "父设备编码": "ParentID",
    "信令安全模式": "SafetyWay",
    "注册方式": "RegisterWay",
    "保密属性": "Secrecy",
    "IP地址": "IPAddress",
    "端口": "Port",
    "设备状态": "Status",
    "经度": "Longitude",
    "纬度": "Latitude",
    "摄像机类型": "PTZType",
    "监视方位": "DirectionType",
    "分辨率": "Resolution",
}
HEADER = ["设备编码", "字段", "现值", "修正值", "级别", "规则", "原因"]

TWENTY_DIGITS = re.compile(r"\d{20}", re.ASCII)
REGION = re.compile(r"(\d{6})(?:\d{2})?", re.ASCII)
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
VISIBLE = re.compile(r"\S")

# Plausible bounds of China, degrees.
WEST, EAST, SOUTH, NORTH = 73.0, 136.0, 3.0, 54.0


# --- reading ---------------------------------------------------------------------------------------------


def bodies(octets):
    """Cuts a file of many MESSAGE bodies at their XML declarations."""
    start = octets.find(b"<?xml")
    while start >= 0:
        end = octets.find(b"<?xml", start + 5)
        yield octets[start:] if end < 0 else octets[start:end]
        start = end


def parse(octets):
    """All items of all bodies, each a dict of element texts."""
    items = []
    known = ELEMENTS.get
    for body in bodies(octets):
        for _, element in etree.iterparse(io.BytesIO(body), tag="Item", recover=True):
            item = {}
            for child in element:
                if child.tag == "Info":
                    for inner in child:
                        if name := known(inner.tag):
                            item[name] = inner.text
                elif name := known(child.tag):
                    item[name] = child.text
            items.append(item)
            element.clear()
    return items


def read_ledger(path):
    """The rows of the first sheet as dicts like those of `parse`."""
    book = load_workbook(path, read_only=True, data_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    names = [COLUMNS.get(title) for title in next(rows)]
    wanted = [(place, name) for place, name in enumerate(names) if name]
    items = [{name: row[place] for place, name in wanted} for row in rows]
    book.close()
    return items


# --- tables ----------------------------------------------------------------------------------------------


def region_codes(folder):
    with open(folder / "region-codes.csv", encoding="utf-8", newline="") as file:
        return {row["code"] for row in csv.DictReader(file)}


class Counties:
    """County outlines in a tree, prepared for containment."""

    def __init__(self, folder, one_by_one):
        self.one_by_one = one_by_one
        topology = json.loads((folder / "county-boundaries.topojson").read_bytes())
        scale = np.array(topology["transform"]["scale"])
        translate = np.array(topology["transform"]["translate"])
        arcs = [np.cumsum(np.array(arc, dtype=float), axis=0) * scale + translate for arc in topology["arcs"]]

        def ring(indices):
            parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indices]
            return np.concatenate([parts[0]] + [part[1:] for part in parts[1:]])

        def polygon(rings):
            return shapely.Polygon(ring(rings[0]), [ring(hole) for hole in rings[1:]])

        shapes, codes = [], []
        for geometry in topology["objects"]["counties"]["geometries"]:
            if geometry["type"] == "Polygon":
                shapes.append(polygon(geometry["arcs"]))
            else:
                shapes.append(shapely.MultiPolygon([polygon(rings) for rings in geometry["arcs"]]))
            codes.append(geometry["properties"]["code"])
        self.shapes = np.array(shapes)
        self.codes = np.array(codes)
        self.tree = shapely.STRtree(self.shapes)
        shapely.prepare(self.shapes)

    def locate(self, lon, lat):
        """Pairs of (point, county that contains it), by number. Arguments and results are arrays."""
        if self.one_by_one:
            return self.locate_one_by_one(lon, lat)
        # Boxes from the tree for all points at once, then the prepared outlines themselves; `predicate=` of the
        # tree would prepare the points instead of the outlines and takes longer.
        point, county = self.tree.query(shapely.points(lon, lat))
        hit = shapely.contains_xy(self.shapes[county], lon[point], lat[point])
        return point[hit], county[hit]

    def locate_one_by_one(self, lon, lat):
        """The same as `locate`, asked point after point as most scripts do."""
        points, found = [], []
        for k in range(len(lon)):
            at = shapely.Point(lon[k], lat[k])
            for county in self.tree.query(at):
                if self.shapes[county].contains(at):
                    points.append(k)
                    found.append(county)
        return np.array(points, dtype=int), np.array(found, dtype=int)

    def inside(self, wanted, lon, lat):
        """Whether each point lies in the county wanted for it, and in which other county it lies instead."""
        point, county = self.locate(lon, lat)
        inside = np.zeros(len(lon), dtype=bool)
        own = self.codes[county] == wanted[point]
        inside[point[own]] = True
        return inside, dict(zip(point[~own].tolist(), self.codes[county[~own]].tolist()))

    def near_border(self, wanted, lon, lat, degrees):
        """Whether each point is nearer than that to the outline of its county."""
        place = {code: k for k, code in enumerate(self.codes)}
        own = np.array([place[code] for code in wanted])
        outlines = shapely.boundary(self.shapes)
        shapely.prepare(outlines)
        return shapely.dwithin(outlines[own], shapely.points(lon, lat), degrees)


# --- rules -----------------------------------------------------------------------------------------------


def judge(items, codes, counties):
    """Rows of the correction table: code, field, value now, value proposed, grade, rule, reason."""
    rows = []
    times_of_id = Counter(item.get("DeviceID") or "" for item in items)
    times_of_name = Counter((item.get("Name") or "").strip() for item in items)
    placed, wanted, lon, lat = [], [], [], []
    for item in items:
        device = item.get("DeviceID") or ""
        if not TWENTY_DIGITS.fullmatch(device):
            rows.append((device, "DeviceID", device, None, "ask", "D05", f"编码应为 20 位数字，现为 {len(device)} 位"))
        if device and times_of_id[device] > 1:
            rows.append((device, "DeviceID", device, None, "ask", "D19", f"{times_of_id[device]} 个目录项使用同一编码"))

        civil = item.get("CivilCode") or ""
        region = REGION.fullmatch(civil)
        if not region or region[1] not in codes:
            proposal = device[:6] if device[:6] in codes else None
            grade = "suggest" if proposal else "ask"
            rows.append((device, "CivilCode", civil, proposal, grade, "R05", f"行政区划代码 {civil} 不存在"))

        name = item.get("Name") or ""
        if not VISIBLE.search(name):
            rows.append((device, "Name", name, None, "ask", "N01", "没有名称"))
        elif times_of_name[name.strip()] > 1:
            rows.append((device, "Name", name, None, "ask", "N07", f"目录内有 {times_of_name[name.strip()]} 路摄像机同名"))

        longitude, latitude = item.get("Longitude") or "", item.get("Latitude") or ""
        position = f"{longitude},{latitude}"
        if not (NUMBER.fullmatch(longitude) and NUMBER.fullmatch(latitude)):
            rows.append((device, "Longitude", position, None, "ask", "G01", "没有经纬度，或不是数字"))
            continue
        x, y = float(longitude), float(latitude)
        if not (WEST <= x <= EAST and SOUTH <= y <= NORTH):
            rows.append((device, "Longitude", position, None, "ask", "G06", "经纬度超出全国范围"))
        elif region:
            placed.append((device, position))
            wanted.append(region[1])
            lon.append(x)
            lat.append(y)
    inside, instead = counties.inside(np.array(wanted), np.array(lon), np.array(lat))
    for k in np.flatnonzero(~inside).tolist():
        device, position = placed[k]
        reason = f"经纬度不在 {wanted[k]} 边界之内，在 {instead.get(k, '各区县之外')}"
        rows.append((device, "Longitude", position, None, "ask", "G08", reason))
    return rows


# --- writing ---------------------------------------------------------------------------------------------


def write_corrections(rows, path):
    book = Workbook(write_only=True)
    sheet = book.create_sheet("修正表")
    sheet.freeze_panes = "A2"
    for column, width in zip("ABCDEFG", (24, 12, 32, 32, 10, 8, 48)):
        sheet.column_dimensions[column].width = width
    bold = Font(bold=True)
    header = []
    for title in HEADER:
        cell = WriteOnlyCell(sheet, value=title)
        cell.font = bold
        header.append(cell)
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    book.save(path)


# --- stages ----------------------------------------------------------------------------------------------


def stage_parse(options):
    octets = options.catalogue.read_bytes()
    begun = time.perf_counter()
    items = parse(octets)
    return time.perf_counter() - begun, len(items)


def stage_rules(options):
    items = parse(options.catalogue.read_bytes())
    codes, counties = region_codes(options.tables), Counties(options.tables, options.one_by_one)
    begun = time.perf_counter()
    rows = judge(items, codes, counties)
    return time.perf_counter() - begun, len(rows)


def stage_pip(options):
    with open(options.points, encoding="ascii", newline="") as file:
        table = list(csv.reader(file, delimiter="\t"))
    wanted = np.array([row[0] for row in table])
    lon = np.array([float(row[1]) for row in table])
    lat = np.array([float(row[2]) for row in table])
    counties = Counties(options.tables, options.one_by_one)
    begun = time.perf_counter()
    inside, _ = counties.inside(wanted, lon, lat)
    seconds = time.perf_counter() - begun
    # One character a point: 1 inside, 0 outside, - too near the outline to ask two programs about.
    verdicts = np.where(inside, "1", "0")
    verdicts[counties.near_border(wanted, lon, lat, 1e-9)] = "-"
    options.verdicts.write_text("".join(verdicts), encoding="ascii")
    return seconds, len(table)


def stage_xlsx_read(options):
    begun = time.perf_counter()
    items = read_ledger(options.ledger)
    return time.perf_counter() - begun, len(items)


def stage_xlsx_write(options):
    with open(options.rows, encoding="utf-8", newline="") as file:
        rows = [tuple(cell or None for cell in row) for row in csv.reader(file, delimiter="\t")]
    begun = time.perf_counter()
    write_corrections(rows, options.out)
    return time.perf_counter() - begun, len(rows)


def stage_check(options):
    begun = time.perf_counter()
    items = parse(options.catalogue.read_bytes())
    rows = judge(items, region_codes(options.tables), Counties(options.tables, options.one_by_one))
    write_corrections(rows, options.out)
    return time.perf_counter() - begun, len(rows)


def peak_kilobytes():
    # Not ru_maxrss, which on Linux may still be that of whoever started this process.
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise RuntimeError("no VmHWM in /proc/self/status")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    stages = parser.add_subparsers(dest="stage", required=True)
    for name, run, arguments in (
        ("parse", stage_parse, ("catalogue",)),
        ("rules", stage_rules, ("catalogue", "tables")),
        ("pip", stage_pip, ("points", "tables", "verdicts")),
        ("xlsx-read", stage_xlsx_read, ("ledger",)),
        ("xlsx-write", stage_xlsx_write, ("rows", "out")),
        ("check", stage_check, ("catalogue", "tables", "out")),
    ):
        stage = stages.add_parser(name)
        stage.set_defaults(run=run)
        for argument in arguments:
            stage.add_argument(argument, type=Path)
        if "tables" in arguments:
            stage.add_argument("--one-by-one", action="store_true", help="ask the tree point by point, not in one batch")
    options = parser.parse_args()
    seconds, count = options.run(options)
    print(json.dumps({"stage": options.stage, "seconds": seconds, "peak_kb": peak_kilobytes(), "count": count}))


if __name__ == "__main__":
    main()

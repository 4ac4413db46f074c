"""Makes the ledger both sides read: a tab-separated file with a header line becomes one sheet of text cells."""

import csv
import sys

from openpyxl import Workbook

book = Workbook(write_only=True)
sheet = book.create_sheet("台账")
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
        sheet.append(row)
book.save(sys.argv[2])

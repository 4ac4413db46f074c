# Shows the recipes.
default:
    @just --list

# What has to pass before a change lands.
ready:
    .ci/run

# The demonstration.
demo:
    cargo run --release -- demo

# Writes the pages that are made from registers, and the golden files.
update:
    UPDATE_DOCS=1 cargo test --test it papers
    INSTA_UPDATE=always cargo test --test it golden

# The judge against the script of today, as ratios; wants python3.
bench *ARGUMENTS:
    cargo bench --bench judge -- {{ARGUMENTS}}

# A whole night, measured; see docs/PERFORMANCE.md.
bench-night:
    cargo bench --bench night

# Catalogue answers over UDP: rates, strangers, a sender that waits; see docs/PERFORMANCE.md.
bench-intake:
    cargo bench --bench intake

# What a run costs on paper, every format by itself, the bundle and its verification; see docs/PERFORMANCE.md.
bench-report:
    cargo bench --bench report

# What is installed: archive, .deb, .rpm, sums, bill of materials, in target/dist.
dist:
    packaging/dist.sh

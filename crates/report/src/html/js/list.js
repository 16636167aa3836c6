// The list of cases. Only the rows in view exist, but the page has the height of all rows.

const OVERSCAN_ROWS = 8;

class CaseList {
  constructor(place) {
    this.place = place;
    this.found = new Uint32Array(0);
    this.first = this.last = -1;
    this.body = make("tbody");
    this.above = make("tr", { class: "spacer", "aria-hidden": "true" }, make("td", { colspan: 5 }));
    this.below = make("tr", { class: "spacer", "aria-hidden": "true" }, make("td", { colspan: 5 }));
    this.table = make("table", { class: "cases" },
      make("caption", { class: "hidden" }, "Cases that match the filters"),
      make("thead", {}, make("tr", { "aria-rowindex": 1 }, ["verdict", "case", "input", "clause", "time"]
        .map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, this.above), this.body, make("tbody", {}, this.below));
    this.none = make("p", { class: "nothing" }, "No case matches.");
    place.replaceChildren(this.table, this.none);
    addEventListener("scroll", () => this.later(), { passive: true });
    addEventListener("resize", () => this.later(true));
    this.body.addEventListener("keydown", (event) => this.move(event));
  }

  show(found) {
    this.found = found;
    this.table.setAttribute("aria-rowcount", found.length + 1);
    this.table.hidden = found.length === 0;
    this.none.hidden = found.length > 0;
    this.render(true);
  }

  get rowHeight() {
    return matchMedia("(max-width: 700px)").matches ? 62 : 34;
  }

  later(isNew = false) {
    this.isStale ||= isNew;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.render(this.isStale);
      this.isStale = false;
    });
  }

  render(isNew) {
    if (this.place.closest("[hidden]")) return;
    const height = this.rowHeight;
    const top = -this.above.getBoundingClientRect().top;
    const rows = this.found.length;
    const first = Math.min(rows, Math.max(0, Math.floor(top / height) - OVERSCAN_ROWS));
    const last = Math.min(rows, Math.max(first, Math.ceil((top + innerHeight) / height) + OVERSCAN_ROWS));
    if (!isNew && first === this.first && last === this.last) return;
    [this.first, this.last] = [first, last];
    const focused = document.activeElement?.closest?.("tr")?.dataset.nth;
    this.above.firstChild.style.height = `${first * height}px`;
    this.below.firstChild.style.height = `${(rows - last) * height}px`;
    this.body.replaceChildren(...Array.from({ length: last - first }, (_, nth) => this.row(first + nth)));
    if (!isNew && focused !== undefined) this.linkOf(Number(focused))?.focus({ preventScroll: true });
  }

  row(nth) {
    const index = this.found[nth];
    const id = idOf(index);
    return make("tr", { "aria-rowindex": nth + 2, "data-nth": nth },
      make("td", { class: "verdict" }, badge(verdictOf(index))),
      make("td", { class: "id" }, make("a", { href: caseAddress(id) }, id)),
      make("td", { class: "input" }, inputName(index)),
      make("td", { class: "clause" }, clauseOf(index)),
      make("td", { class: "time" }, duration(CASES.milliseconds[index])));
  }

  linkOf(nth) {
    return this.body.querySelector(`tr[data-nth="${nth}"] a`);
  }

  // Goes to a row, which may be out of view.
  focus(nth) {
    if (nth < 0 || nth >= this.found.length) return;
    const height = this.rowHeight;
    // Filling in rows may move the view, so repeat.
    for (let pass = 0; pass < 3; pass++) {
      const y = this.above.getBoundingClientRect().top + nth * height;
      const isInView = y >= 60 && y + height <= innerHeight;
      if (!isInView) scrollTo(0, scrollY + y - innerHeight * (y < 60 ? 1 : 2) / 3);
      this.render(!isInView);
      if (isInView && this.linkOf(nth)) break;
    }
    this.linkOf(nth)?.focus({ preventScroll: true });
  }

  // The focused row, or the row above the first one.
  get current() {
    return Number(document.activeElement?.closest?.("tr")?.dataset.nth ?? -1);
  }

  move(event) {
    const to = {
      ArrowDown: this.current + 1, ArrowUp: this.current - 1, Home: 0, End: this.found.length - 1,
      PageDown: Math.min(this.current + 10, this.found.length - 1), PageUp: Math.max(0, this.current - 10),
    }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.focus(to);
  }
}

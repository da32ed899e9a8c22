// What a heat map needs a script for: cross-hair, tooltip, keyboard. Without it every link still works.
(() => {
  const RED = ":is(td.f, td.e, td.t) > a, td.runs :is(a.f, a.e, a.t)";
  let cursor = null; // {row, column} of the keyboard
  let waiting = null; // what to do when more rows have come
  let overlays = null; // of the box that they were made for

  const make = (css, parent) => {
    const element = document.createElement("div");
    element.className = css;
    element.hidden = true;
    parent.append(element);
    return element;
  };

  const overlaysOf = (box) => {
    if (overlays?.box !== box) {
      overlays?.tip.remove();
      overlays = { box, crosshair: make("crosshair", box), cursor: make("cursor", box), tip: make("tip", document.body) };
      cursor = null;
    }
    return overlays;
  };

  const headsOf = (box) => box.querySelector("thead tr:last-child")?.cells ?? [];

  // All cells are equally wide: the pointer's place says which column it is over, merged or not.
  const geometry = (box) => {
    const first = headsOf(box)[1];
    return first && { left: first.offsetLeft, width: first.getBoundingClientRect().width, count: headsOf(box).length - 1 };
  };

  const cellAt = (row, column) => {
    let end = 0;
    for (const cell of row.querySelectorAll("td")) {
      end += cell.colSpan;
      if (column < end) return cell;
    }
    return null;
  };

  const wordsOf = (cell) => {
    const label = cell.querySelector("a[aria-label]")?.getAttribute("aria-label");
    const legend = document.querySelector(`.legend .mark.${cell.className}`);
    return label ?? legend?.parentElement.textContent.replace(legend.textContent, "").trim();
  };

  const describe = (box, row, column) => ({
    name: row.querySelector("th a")?.title ?? "",
    column: headsOf(box)[column + 1]?.querySelector("a")?.title ?? "",
    words: wordsOf(cellAt(row, column)) ?? "",
  });

  const showTip = (tip, text, x, y) => {
    const strong = document.createElement("strong");
    strong.textContent = text.words;
    tip.replaceChildren(strong, text.name, document.createElement("br"), text.column);
    tip.hidden = false;
    const left = Math.min(x + 14, innerWidth - tip.offsetWidth - 8);
    const top = y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 10 : y + 18;
    tip.style.transform = `translate(${Math.max(left, 4)}px, ${Math.max(top, 4)}px)`;
  };

  const lay = (element, box, column, top, height) => {
    const { left, width } = geometry(box);
    Object.assign(element.style, { left: `${left + column * width}px`, top: `${top}px`, width: `${width - 1}px`, height: `${height}px` });
    element.hidden = false;
  };

  const showColumn = (box, column) => lay(overlaysOf(box).crosshair, box, column, 0, box.querySelector("table").offsetHeight);

  const hide = () => {
    if (overlays) overlays.tip.hidden = overlays.crosshair.hidden = true;
  };

  let frame = 0;
  document.addEventListener("pointermove", (event) => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const box = event.target.closest?.(".grid-box");
      const row = box && event.target.closest("tbody:not(.later) tr");
      const place = row && !event.target.closest("th") && geometry(box);
      if (!place) return hide();
      const x = event.clientX - box.getBoundingClientRect().left - box.clientLeft + box.scrollLeft - place.left;
      const column = Math.floor(x / place.width);
      if (column < 0 || column >= place.count) return hide();
      showColumn(box, column);
      showTip(overlays.tip, describe(box, row, column), event.clientX, event.clientY);
    });
  });
  document.documentElement.addEventListener("pointerleave", hide);
  document.addEventListener("scroll", hide, { capture: true, passive: true });

  const reveal = (box, row, place) => {
    const head = box.querySelector("thead").offsetHeight;
    const top = row.offsetTop, bottom = top + row.offsetHeight;
    if (top - head < box.scrollTop) box.scrollTop = top - head;
    else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight + 4;
    const left = place.left + cursor.column * place.width;
    if (left - place.left < box.scrollLeft) box.scrollLeft = left - place.left;
    else if (left + place.width > box.scrollLeft + box.clientWidth) box.scrollLeft = left + place.width - box.clientWidth + 4;
    box.scrollIntoView({ block: "nearest" });
  };

  const moveTo = (box, row, column, link) => {
    const place = geometry(box);
    const parts = overlaysOf(box);
    cursor = { row, column: Math.max(0, Math.min(column, place.count - 1)) };
    reveal(box, row, place);
    const cell = cellAt(row, cursor.column);
    (link ?? cell?.querySelector("a") ?? box).focus({ preventScroll: true });
    lay(parts.cursor, box, cursor.column, row.offsetTop, row.offsetHeight - 1);
    showColumn(box, cursor.column);
    const text = describe(box, row, cursor.column);
    const area = parts.cursor.getBoundingClientRect();
    showTip(parts.tip, text, area.left, area.bottom - 12);
    document.getElementById("grid-say").textContent = `${text.words}: ${text.name}, ${text.column}`;
  };

  // A placeholder fetches its rows when it comes into view; then the same key counts again.
  const fetchRows = (box, body, again) => {
    waiting = again;
    const down = body.offsetTop - box.querySelector("thead").offsetHeight;
    const isBelow = !cursor || body.offsetTop >= cursor.row.offsetTop;
    box.scrollTop = isBelow ? down : body.offsetTop + body.offsetHeight - box.clientHeight;
  };
  document.addEventListener("htmx:afterSettle", () => {
    const again = waiting;
    waiting = null;
    again?.();
  });

  const step = (box, rows, columns) => {
    const all = [...box.querySelectorAll("tbody tr")];
    const index = cursor ? all.indexOf(cursor.row) + rows : all.findIndex((row) => row.offsetTop >= box.scrollTop);
    const row = all[Math.max(0, Math.min(index, all.length - 1))];
    if (!row) return;
    if (row.parentElement.matches(".later")) fetchRows(box, row.parentElement, () => step(box, rows, columns));
    else moveTo(box, row, cursor ? cursor.column + columns : 0);
  };

  const jump = (box, direction) => {
    const stops = [...box.querySelectorAll(`${RED}, tbody.later a`)];
    if (direction < 0) stops.reverse();
    const here = cursor && cellAt(cursor.row, cursor.column);
    const wanted = direction > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
    const next = stops.find((link) => !here || (here.compareDocumentPosition(link) & wanted && !here.contains(link)));
    if (!next) return;
    const body = next.closest("tbody");
    if (body.matches(".later")) return fetchRows(box, body, () => jump(box, direction));
    const cell = next.closest("td");
    let column = 0;
    for (let other = cell.previousElementSibling; other; other = other.previousElementSibling) {
      column += other.tagName === "TD" ? other.colSpan : 0;
    }
    moveTo(box, cell.parentElement, column, next);
  };

  const open = (box) => {
    if (!cursor) return;
    const link = cellAt(cursor.row, cursor.column)?.querySelector("a") ?? headsOf(box)[cursor.column + 1]?.querySelector("a");
    link?.click();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    const box = document.querySelector(".grid-box");
    if (!box || !geometry(box)) return;
    overlaysOf(box);
    if (cursor && !cursor.row.isConnected) cursor = null;
    const inBox = box.contains(event.target);
    const actions = {
      j: () => jump(box, 1),
      k: () => jump(box, -1),
      ...(inBox && {
        ArrowDown: () => step(box, 1, 0),
        ArrowUp: () => step(box, -1, 0),
        ArrowRight: () => step(box, 0, 1),
        ArrowLeft: () => step(box, 0, -1),
      }),
      ...(event.target === box && { Enter: () => open(box) }),
      Escape: hide,
    };
    if (!Object.hasOwn(actions, event.key)) return;
    if (event.key !== "Escape") event.preventDefault();
    actions[event.key]();
  });
})();

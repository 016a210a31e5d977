"use strict";
// Reads /api/openapi.json and shows it; details are made when an operation is opened, so the page stays fast.

const METHODS = ["get", "post", "put", "patch", "delete"];
const RELATIONS = {
  none: "", own: "本人的", "own-unit": "本单位的", superior: "直接下级单位的", node: "本单位收件箱中的",
  "establishing-unit": "本单位组建的评委会的", "authorising-unit": "本单位核准的评委会的", seat: "本人参评的会议的",
};

const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

let schemas = {};

const resolve = (schema) => (schema && schema.$ref ? schemas[schema.$ref.split("/").pop()] || {} : schema || {});
const nameOf = (schema) => schema.$ref.split("/").pop().split(".").slice(1).join(".") || schema.$ref.split("/").pop();

// What a schema is called in one line.
const typeOf = (schema) => {
  if (!schema) return "";
  if (schema.$ref) {
    const target = resolve(schema);
    return target.enum ? target.enum.join(" | ") : nameOf(schema);
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map(String).join(" | ");
  const either = schema.anyOf || schema.oneOf || schema.allOf;
  if (either) return either.map(typeOf).join(" | ");
  if (schema.type === "array") return `${typeOf(schema.items) || "…"}[]`;
  if (schema.type === "object" && schema.additionalProperties && schema.additionalProperties !== true) {
    return `{ … : ${typeOf(schema.additionalProperties)} }`;
  }
  const type = Array.isArray(schema.type) ? schema.type.join(" | ") : schema.type || "any";
  return schema.format ? `${type} (${schema.format})` : type;
};

const limitsOf = (schema) => {
  const limits = [];
  const parts = [schema, ...(schema.anyOf || [])];
  for (const part of parts) {
    if (part.minLength > 1) limits.push(`至少 ${part.minLength} 字`);
    if (part.maxLength !== undefined) limits.push(`至多 ${part.maxLength} 字`);
    if (part.minimum !== undefined) limits.push(`≥ ${part.minimum}`);
    if (part.maximum !== undefined) limits.push(`≤ ${part.maximum}`);
    if (part.minItems) limits.push(`至少 ${part.minItems} 项`);
    if (part.maxItems !== undefined) limits.push(`至多 ${part.maxItems} 项`);
    if (part.pattern) limits.push(`格式 ${part.pattern}`);
  }
  if (schema.default !== undefined && schema.default !== null && schema.default !== "") {
    limits.push(`默认 ${JSON.stringify(schema.default)}`);
  }
  return limits.join("，");
};

// The object schema inside lists and alternatives, if there is one to unfold.
const innerOf = (schema) => {
  if (!schema) return null;
  const target = resolve(schema);
  if (target.properties) return target;
  if (target.type === "array") return innerOf(target.items);
  for (const part of target.anyOf || target.oneOf || target.allOf || []) {
    const found = innerOf(part);
    if (found) return found;
  }
  return target.additionalProperties && target.additionalProperties !== true ? innerOf(target.additionalProperties) : null;
};

const nested = (schema, depth) => {
  const inner = innerOf(schema);
  if (!inner || depth > 6) return null;
  const box = make("details", { class: "nested" }, make("summary", {}, "展开字段"));
  box.addEventListener("toggle", () => {
    if (box.open && box.children.length === 1) box.append(fields(inner, depth + 1));
  });
  return box;
};

const fields = (schema, depth = 0) => {
  const required = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([name, property]) => {
    const said = property.description || (property.$ref ? resolve(property).description : "") || "";
    const example = property.examples ? `例：${JSON.stringify(property.examples[0])}` : "";
    const words = [said, limitsOf(property), example].filter(Boolean).join(" · ");
    return make("tr", {},
      make("td", { class: "name" }, name, required.has(name) ? make("span", { class: "need", title: "必填" }, "*") : null),
      make("td", { class: "type" }, typeOf(property)),
      make("td", {}, words, nested(property, depth)));
  });
  if (!rows.length) return make("p", { class: "quiet" }, "任意内容。");
  return make("table", {}, make("tbody", {}, ...rows));
};

const body = (schema) => {
  const target = resolve(schema);
  const box = make("div", {}, make("p", {}, make("code", {}, typeOf(schema))));
  if (target.properties) box.append(fields(target));
  else if (innerOf(schema)) box.append(fields(innerOf(schema)));
  return box;
};

const jsonSchema = (content) => {
  const found = Object.entries(content || {}).find(([type]) => type.includes("json"));
  return found ? found[1].schema : null;
};

const access = (operation) => {
  const row = make("p", { class: "badges" });
  const said = operation["x-access"];
  if (!said || !said.login) row.append(make("span", { class: "badge open" }, "无需登录"));
  else if (said.permission) {
    row.append(make("span", { class: "badge" }, `权限：${said.label || said.permission}`), make("code", {}, said.permission));
  } else row.append(make("span", { class: "badge" }, "登录即可"));
  if (said && RELATIONS[said.relation]) row.append(make("span", { class: "badge" }, `仅限${RELATIONS[said.relation]}`));
  return row;
};

const parameters = (list) => make("table", {},
  make("thead", {}, make("tr", {}, ...["名称", "位置", "类型", "说明"].map((text) => make("th", {}, text)))),
  make("tbody", {}, ...list.map((parameter) => make("tr", {},
    make("td", { class: "name" }, parameter.in === "header" ? (parameter.schema || {}).title || parameter.name : parameter.name, parameter.required ? make("span", { class: "need" }, "*") : null),
    make("td", {}, { path: "路径", query: "查询", header: "请求头", cookie: "Cookie" }[parameter.in]),
    make("td", { class: "type" }, typeOf(parameter.schema)),
    make("td", {}, [parameter.description || (parameter.schema || {}).description, limitsOf(parameter.schema || {})]
      .filter(Boolean).join(" · "))))));

const refusals = (responses) => {
  const rows = [];
  for (const [status, response] of Object.entries(responses)) {
    if (Number(status) < 400) continue;
    for (const match of (response.description || "").matchAll(/^`([a-z0-9-]+)` (.+)$/gm)) {
      rows.push(make("tr", {},
        make("td", { class: `status s${status[0]}` }, status),
        make("td", { class: "name" }, make("a", { href: `/problems/${match[1]}` }, match[1])),
        make("td", {}, match[2])));
    }
  }
  return rows.length ? make("table", {}, make("tbody", {}, ...rows)) : null;
};

const inside = (operation) => {
  const box = make("div", { class: "inside" }, access(operation));
  const [, ...more] = (operation.description || "").split("\n");
  if (more.join("").trim()) box.append(make("p", {}, more.join(" ").trim()));
  if ((operation.parameters || []).length) box.append(make("h3", {}, "参数"), parameters(operation.parameters));
  const asked = operation.requestBody && jsonSchema(operation.requestBody.content);
  if (asked) box.append(make("h3", {}, "请求"), body(asked));
  for (const [status, response] of Object.entries(operation.responses || {})) {
    if (Number(status) >= 400) continue;
    const given = jsonSchema(response.content);
    box.append(make("h3", {}, "响应 ", make("span", { class: `status s${status[0]}` }, status)));
    box.append(given ? body(given) : make("p", { class: "quiet" }, Object.keys(response.content || {}).join("、") || "无内容。"));
  }
  const refused = refusals(operation.responses || {});
  if (refused) box.append(make("h3", {}, "可能的错误"), refused);
  return box;
};

const operationRow = ({ path, method, operation }) => {
  const row = make("details", { class: "operation", id: operation.operationId },
    make("summary", {},
      make("span", { class: `method ${method}` }, method.toUpperCase()),
      make("span", { class: "path" }, path),
      make("span", { class: "says" }, (operation.description || operation.summary || "").split("\n")[0])));
  row.addEventListener("toggle", () => {
    if (row.open && row.children.length === 1) row.append(inside(operation));
  });
  return row;
};

const searchable = ({ path, method, operation }) => {
  const said = operation["x-access"] || {};
  const answers = Object.values(operation.responses || {}).map((response) => response.description || "").join(" ");
  return [method, path, operation.description, operation.summary, operation.operationId, said.permission, said.label, answers]
    .join(" ").toLowerCase();
};

const show = (document_) => {
  schemas = (document_.components || {}).schemas || {};
  const main = document.getElementById("main");
  const index = document.getElementById("index");
  const titles = Object.fromEntries((document_["x-services"] || []).map((service) => [service.name, service.title]));
  const services = new Map();
  for (const [path, item] of Object.entries(document_.paths || {})) {
    for (const method of METHODS) {
      const operation = item[method];
      if (!operation) continue;
      const service = operation["x-service"] || "";
      const tag = (operation.tags || [""])[0].split("/").pop();
      if (!services.has(service)) services.set(service, new Map());
      const groups = services.get(service);
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push({ path, method, operation });
    }
  }
  main.replaceChildren();
  index.replaceChildren();
  const missing = document_["x-missing-services"] || [];
  if (missing.length) main.append(make("p", { class: "warn" }, `以下服务的文档暂时无法取得：${missing.join("、")}。`));
  const entries = [];
  for (const [service, groups] of services) {
    const heading = make("h1", { class: "service-title", id: `service-${service}` }, titles[service] || service);
    const count = make("span", {});
    const link = make("a", { class: "service", href: `#service-${service}` }, make("span", {}, titles[service] || service), count);
    main.append(heading);
    index.append(link);
    const rowsOfService = [];
    for (const [tag, operations] of groups) {
      const id = `group-${service}-${tag}`;
      const rows = operations.map((entry) => ({ row: operationRow(entry), words: searchable(entry) }));
      const group = make("section", { class: "group", id },
        make("h2", {}, tag, make("small", {}, `${service} · ${rows.length}`)), ...rows.map(({ row }) => row));
      const number = make("span", {});
      const below = make("a", { href: `#${id}` }, make("span", {}, tag), number);
      main.append(group);
      index.append(below);
      entries.push({ parts: [group, below], rows, count: number });
      rowsOfService.push(...rows);
    }
    entries.push({ parts: [heading, link], rows: rowsOfService, count });
  }
  const none = make("p", { class: "quiet", hidden: true }, "没有符合条件的接口。");
  main.append(none);

  const filter = () => {
    const wanted = document.getElementById("find").value.toLowerCase().split(/\s+/).filter(Boolean);
    let any = false;
    for (const { parts, rows, count } of entries) {
      let shown = 0;
      for (const { row, words } of rows) {
        const fits = wanted.every((word) => words.includes(word));
        row.hidden = !fits;
        if (fits) shown += 1;
      }
      count.textContent = String(shown);
      for (const part of parts) part.hidden = shown === 0;
      any = any || shown > 0;
    }
    none.hidden = any;
  };

  const jump = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.tagName === "DETAILS") target.open = true;
    target.scrollIntoView();
  };

  const find = document.getElementById("find");
  find.value = new URLSearchParams(location.search).get("find") || find.value;
  find.addEventListener("input", filter);
  window.addEventListener("hashchange", jump);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement.tagName !== "INPUT") {
      event.preventDefault();
      document.getElementById("find").focus();
    }
  });
  filter();
  jump();
};

fetch("/api/openapi.json")
  .then((answer) => {
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  })
  .then(show)
  .catch((error) => {
    document.getElementById("main").replaceChildren(
      make("p", { class: "warn" }, `接口文档读取失败（${error.message}），请稍后刷新。`));
  });

// The words of the page in the language in use, numbers as people write them, and elements whose
// text is always a text node, so that a name can hold anything and do nothing.
"use strict";
var Sanshe = { language: "zh", words: {}, followers: [] };

(function (S) {
  // Text of a key, its {placeholders} filled in.
  S.word = function (key, values) {
    var text = S.words[S.language][key];
    if (text === undefined) { return key; }
    return text.replace(/\{(\w+)\}/g, function (all, name) {
      return values && name in values ? String(values[name]) : all;
    });
  };

  S.hasWord = function (key) { return S.words[S.language][key] !== undefined; };

  S.inLanguage = function (pair) { return pair[S.language]; };

  // Run now and whenever the language or the point in time shown changes.
  S.follow = function (show) { S.followers.push(show); show(); };

  S.refresh = function () {
    document.documentElement.lang = S.language;
    S.followers.forEach(function (show) { show(); });
  };

  S.number = function (value, decimals, least) {
    return value.toLocaleString("en-US", {
      minimumFractionDigits: least === undefined ? decimals || 0 : least,
      maximumFractionDigits: decimals || 0
    });
  };
  S.percent = function (share) { return S.number(100 * share, 1) + "%"; };
  S.people = function (count) { return S.word("people", { count: S.number(count) }); };
  S.minutes = function (value) { return S.word("minutes", { count: S.number(value, 1, 0) }); };
  S.money = function (yuan) {
    // Chinese counts in units of 10,000, English in millions.
    var amount = S.language === "zh" ? S.number(yuan / 1e4) : S.number(yuan / 1e6, 2);
    return S.word("money", { count: amount });
  };
  S.bracket = function (key) {
    var text = S.word(key);
    return S.language === "zh" ? "（" + text + "）" : " (" + text + ")";
  };
  S.list = function (items) { return items.join(S.word("list")); };

  // An element with attributes and children; strings become text, null is left out.
  S.element = function (tag, attributes, children) {
    var made = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) {
      made.setAttribute(name, attributes[name]);
    });
    (children || []).forEach(function (child) {
      if (child !== null) {
        made.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
      }
    });
    return made;
  };

  S.replaceChildren = function (parent, children) {
    parent.textContent = "";
    children.forEach(function (child) { if (child !== null) { parent.appendChild(child); } });
  };
})(Sanshe);

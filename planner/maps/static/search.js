// Search by name, code or sound: 新毛, 320585100201, xinmao or xmc.
"use strict";
(function (S) {
  var MOST = 8;

  // Whether a thing answers to what is asked, in lower case without spaces at the ends.
  S.answers = function (asked, name, code, pinyin) {
    if ((name || "").toLowerCase().indexOf(asked) >= 0) { return true; }
    if ((code || "").toLowerCase().indexOf(asked) === 0) { return true; }
    var words = (pinyin || "").split(" "), joined = asked.replace(/\s+/g, "");
    return words.join("").indexOf(joined) === 0 ||
      words.map(function (word) { return word[0]; }).join("").indexOf(joined) === 0;
  };

  function found(asked) {
    var all = [];
    S.data.communities.forEach(function (place) {
      if (S.answers(asked, place.community_name, place.community_code, place.pinyin)) {
        all.push(["communities", place, place.community_name, S.town(place.town_code)]);
      }
    });
    S.data.halls.forEach(function (hall) {
      if (S.answers(asked, hall.name, hall.hall_id, hall.pinyin)) {
        all.push(["halls", hall, hall.name || hall.hall_id, S.word("form." + hall.form)]);
      }
    });
    return all;
  }

  S.makeSearch = function (box) {
    var input = S.element("input", { type: "search", id: "search", autocomplete: "off" }, []);
    var list = S.element("ul", { id: "found" }, []);
    input.addEventListener("input", show);
    input.addEventListener("keydown", function (event) {
      var first = list.querySelector("button");
      if (event.key === "Enter" && first) { first.click(); }
      if (event.key === "ArrowDown" && first) { event.preventDefault(); first.focus(); }
      if (event.key === "Escape") { input.value = ""; show(); }
    });
    list.addEventListener("keydown", function (event) {
      var item = document.activeElement.parentNode;
      var next = { ArrowDown: item.nextSibling, ArrowUp: item.previousSibling }[event.key];
      if (next && next.querySelector("button")) {
        event.preventDefault();
        next.querySelector("button").focus();
      }
    });
    box.appendChild(input);
    box.appendChild(list);
    S.follow(function () {
      input.placeholder = S.word("search");
      input.setAttribute("aria-label", S.word("search"));
      list.setAttribute("aria-label", S.word("search"));
      show();
    });

    function show() {
      var asked = input.value.trim().toLowerCase();
      var all = asked ? found(asked) : [];
      var lines = all.slice(0, MOST).map(function (one) {
        var button = S.element("button", { type: "button" },
          [one[2] + " ", S.element("small", {}, [one[3]])]);
        button.addEventListener("click", function () {
          if (one[0] === "halls") { S.show("halls"); }
          input.value = "";
          show();
          S.goTo(one[0], one[1]);
        });
        return S.element("li", {}, [button]);
      });
      if (asked && all.length !== lines.length) {
        lines.push(S.element("li", {}, [S.word("more_found", { count: all.length - MOST })]));
      }
      if (asked && all.length === 0) { lines.push(S.element("li", {}, [S.word("none_found")])); }
      S.replaceChildren(list, lines);
    }
  };
})(Sanshe);

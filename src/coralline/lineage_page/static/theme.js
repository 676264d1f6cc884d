"use strict";(()=>{try{let e=localStorage.getItem("coralline-theme");(e==="light"||e==="dark")&&(document.documentElement.dataset.theme=e)}catch{}})();

// Who has which vendor identifier of BACnet: of the list that ASHRAE keeps, the first ones without a gap and the better known of the rest.
#include "sensor/dissect/bacnet_names.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mw::bacnet {
namespace {

constexpr auto first_vendors = split<400>(
    "ASHRAE|NIST|The Trane Company|Daikin Applied Americas|PolarSoft|Johnson Controls, Inc.|ABB|Siemens Schweiz AG|Delta Controls|"
    "Siemens Schweiz AG|Schneider Electric|TAC|Orion Analysis Corporation|Teletrol Systems Inc.|Cimetrics Technology|"
    "Cornell University|United Technologies Carrier|Honeywell Inc.|Alerton / Honeywell|TAC AB|Hewlett-Packard Company|"
    "Dorsette's Inc.|Siemens Schweiz AG|York Controls Group|Automated Logic Corporation|CSI Control Systems International|"
    "Phoenix Controls Corporation|Innovex Technologies, Inc.|KMC Controls, Inc.|Xn Technologies, Inc.|"
    "Hyundai Information Technology Co., Ltd.|Tokimec Inc.|Simplex|North Building Technologies Limited|Notifier|"
    "Reliable Controls Corporation|Tridium Inc.|MSA Safety|Silicon Energy|Kieback & Peter GmbH & Co KG|Anacon Systems, Inc.|"
    "Systems Controls & Instruments, LLC|Acuity Brands Lighting, Inc.|Micropower Manufacturing|Matrix Controls|METALAIRE|"
    "ESS Engineering|Sphere Systems Pty Ltd.|Walker Technologies Corporation|H I Solutions, Inc.|MBS GmbH|SAMSON AG|"
    "Badger Meter Inc.|DAIKIN Industries Ltd.|NARA Controls Inc.|Mammoth Inc.|Liebert Corporation|SEMCO Incorporated|"
    "Air Monitor Corporation|TRIATEK, LLC|NexLight|Multistack|TSI Incorporated|Weather-Rite, Inc.|Dunham-Bush|Reliance Electric|"
    "LCS Inc.|Regulator Australia PTY Ltd.|Touch-Plate Lighting Controls|Amann GmbH|RLE Technologies|Cardkey Systems|"
    "SECOM Co., Ltd.|ABB Gebäudetechnik AG Bereich NetServ|KNX Association cvba|"
    "Institute of Electrical Installation Engineers of Japan (IEIEJ)|Nohmi Bosai, Ltd.|Carel Industries S.p.A.|"
    "UTC Fire & Security España, S.L.|Hochiki Corporation|Fr. Sauter AG|Matsushita Electric Works, Ltd.|"
    "Mitsubishi Electric Corporation, Inazawa Works|Mitsubishi Heavy Industries, Ltd.|Xylem, Inc.|"
    "Yamatake Building Systems Co., Ltd.|The Watt Stopper, Inc.|Aichi Tokei Denki Co., Ltd.|Activation Technologies, LLC|"
    "Saia-Burgess Controls, Ltd.|Hitachi, Ltd.|Novar Corp./Trend Control Systems Ltd.|Mitsubishi Electric Lighting Corporation|"
    "Argus Control Systems, Ltd.|Kyuki Corporation|Richards-Zeta Building Intelligence, Inc.|Scientech R&D, Inc.|"
    "VCI Controls, Inc.|Toshiba Corporation|Mitsubishi Electric Corporation Air Conditioning & Refrigeration Systems Works|"
    "Custom Mechanical Equipment, LLC|ClimateMaster|ICP Panel-Tec, Inc.|D-Tek Controls|NEC Engineering, Ltd.|PRIVA BV|"
    "Meidensha Corporation|JCI Systems Integration Services|Freedom Corporation|Neuberger Gebäudeautomation GmbH|eZi Controls|"
    "Leviton Manufacturing|Fujitsu Limited|Vertiv|S. A. Armstrong, Ltd.|Visonet AG|M&M Systems, Inc.|Custom Software Engineering|"
    "Nittan Company, Limited|Elutions Inc. (Wizcon Systems SAS)|Pacom Systems Pty., Ltd.|Unico, Inc.|Ebtron, Inc.|Scada Engine|"
    "Lenze Americas|Eagle Technology|Data Aire, Inc.|ABB, Inc.|Transbit Sp. z o. o.|Toshiba Carrier Corporation|"
    "Shenzhen Junzhi Hi-Tech Co., Ltd.|Tokai Soft|Blue Ridge Technologies|Veris Industries|Centaurus Prime|Sand Network Systems|"
    "Regulvar, Inc.|AFDtek Division of Fastek International Inc.|PowerCold Comfort Air Solutions, Inc.|I Controls|"
    "Viconics Electronics, Inc.|Yaskawa America, Inc.|DEOS control systems GmbH|Digitale Mess- und Steuersysteme AG|"
    "Fujitsu General Limited|Project Engineering S.r.l.|Sanyo Electric Co., Ltd.|Integrated Information Systems, Inc.|"
    "Temco Controls, Ltd.|Airtek International Inc.|Advantech Corporation|Titan Products, Ltd.|Regel Partners|"
    "National Environmental Product|Unitec Corporation|Kanden Engineering Company|Messner Gebäudetechnik GmbH|Integrated.CH|"
    "Price Industries|SE-Elektronic GmbH|Rockwell Automation|Enflex Corp.|ASI Controls|SysMik GmbH Dresden|"
    "HSC Regelungstechnik GmbH|Smart Temp Australia Pty. Ltd.|Cooper Controls|Duksan Mecasys Co., Ltd.|Fuji IT Co., Ltd.|Vacon Plc|"
    "Leader Controls|ABB|Compas|Mitsubishi Electric Building Techno-Service Co., Ltd.|Building Control Integrators|"
    "ITG Worldwide (M) Sdn Bhd|Lutron Electronics Co., Inc.|Cooper-Atkins Corporation|LOYTEC Electronics GmbH|ProLon|"
    "Mega Controls Limited|Micro Control Systems, Inc.|Kiyon, Inc.|Dust Networks|Advanced Building Automation Systems|Hermos AG|"
    "CEZIM|Softing|Lynxspring, Inc.|Schneider Toshiba Inverter Europe|Danfoss Drives A/S|Eaton Corporation|Matyca S.A.|Botech AB|"
    "Noveo, Inc.|AMEV|Yokogawa Electric Corporation|Bosch Building Automation GmbH|Exact Logic|"
    "Mass Electronics Pty Ltd dba Innotech Control Systems Australia|Kandenko Co., Ltd.|DTF, Daten-Technik Fries|Klimasoft, Ltd.|"
    "Toshiba Schneider Inverter Corporation|Control Applications, Ltd.|CIMON CO., Ltd.|Onicon Incorporated|"
    "Automation Displays, Inc.|Control Solutions, Inc.|Remsdaq Limited|NTT Facilities, Inc.|VIPA GmbH|TSC21 Association of Japan|"
    "Strato Automation|HRW Limited|Lighting Control & Design, Inc.|Mercy Electronic and Electrical Industries|Samsung SDS Co., Ltd|"
    "Impact Facility Solutions, Inc.|Aircuity|Control Techniques, Ltd.|OpenGeneral Pty., Ltd.|WAGO Kontakttechnik GmbH & Co. KG|"
    "Franklin Electric|Chloride Power Protection Company|Computrols, Inc.|Phoenix Contact GmbH & Co. KG|Grundfos Management A/S|"
    "Ridder Drive Systems|Soft Device SDN BHD|Integrated Control Technology Limited|AIRxpert Systems, Inc.|Microtrol Limited|"
    "Red Lion Controls|Digital Electronics Corporation|Ennovatis GmbH|Serotonin Software Technologies, Inc.|"
    "LS Industrial Systems Co., Ltd.|Square D Company|S Squared Innovations, Inc.|Aricent Ltd.|EtherMetrics, LLC|"
    "Industrial Control Communications, Inc.|Paragon Controls, Inc.|A. O. Smith Corporation|Contemporary Control Systems, Inc.|"
    "HMS Industrial Networks SLU|Ingenieurgesellschaft N. Hartleb mbH|Heat-Timer Corporation|Ingrasys Technology, Inc.|"
    "Costerm Building Automation|WILO SE|Embedia Technologies Corp.|Technilog|HR Controls Ltd. & Co. KG|Lennox International, Inc.|"
    "RK-Tec Rauchklappen-Steuerungssysteme GmbH & Co. KG|Thermomax, Ltd.|ELCON Electronic Control, Ltd.|Larmia Control AB|"
    "BACnet Stack at SourceForge|G4S Security Services A/S|Exor International S.p.A.|Cristal Controles|Regin AB|"
    "Dimension Software, Inc.|SynapSense Corporation|Beijing Nantree Electronic Co., Ltd.|Camus Hydronics Ltd.|"
    "Kawasaki Heavy Industries, Ltd.|Critical Environment Technologies|ILSHIN IBS Co., Ltd.|ELESTA Energy Control AG|"
    "KROPMAN Installatietechniek|Baldor Electric Company|INGA mbH|GE Consumer & Industrial|Functional Devices, Inc.|StudioSC|"
    "M-System Co., Ltd.|Yokota Co., Ltd.|Hitranse Technology Co., LTD|Vigilent Corporation|Kele, Inc.|BELIMO Automation AG|Gentec|"
    "Embedded Science Labs, LLC|Parker Hannifin Corporation|MaCaPS International Limited|Link4 Corporation|"
    "Romutec Steuer-u. Regelsysteme GmbH|Pribusin, Inc.|Advantage Controls|Critical Room Control|LEGRAND|"
    "Tongdy Control Technology Co., Ltd.|ISSARO Integrierte Systemtechnik|Pro-Dev Industries|DRI-STEEM|Creative Electronic GmbH|"
    "Swegon AB|FIRVENA s.r.o.|Hitachi Appliances, Inc.|Real Time Automation, Inc.|ITEC Hankyu-Hanshin Co.|"
    "Cyrus E&M Engineering Co., Ltd.|Badger Meter|Cirrascale Corporation|Elesta GmbH Building Automation|Securiton|OSlsoft, Inc.|"
    "Hanazeder Electronic GmbH|Honeywell Security Deutschland, Novar GmbH|Siemens Industry, Inc.|ETM Professional Control GmbH|"
    "Meitav-tec, Ltd.|Janitza Electronics GmbH|MKS Nordhausen|De Gier Drive Systems B.V.|Cypress Envirosystems|SMARTron s.r.o.|"
    "Verari Systems, Inc.|K-W Electronic Service, Inc.|ALFA-SMART Energy Management|Telkonet, Inc.|Securiton GmbH|Cemtrex, Inc.|"
    "Performance Technologies, Inc.|Xtralis (Aust) Pty Ltd|TROX GmbH|Beijing Hysine Technology Co., Ltd|RCK Controls, Inc.|"
    "Distech Controls SAS|Novar/Honeywell|S4 Integration Solutions|Schneider Electric|LHA Systems|GHM engineering Group, Inc.|"
    "Cllimalux S.A.|VAISALA Oyj|COMPLEX (Beijing) Technology, Co., LTD.|SCADAmetrics|POWERPEG NSI Limited|"
    "BACnet Interoperability Testing Services, Inc.|Teco a.s.|Plexus Technology, Inc.|Energy Focus, Inc.|"
    "Powersmiths International Corp.|Nichibei Co., Ltd.|HKC Technology Ltd.|Ovation Networks, Inc.|Setra Systems|AVG Automation|"
    "ZXC Ltd.|Byte Sphere|Generiton Co., Ltd.|Holter Regelarmaturen GmbH & Co. KG|Bedford Instruments, LLC|Standair Inc.|"
    "WEG Automation – R&D|Prolon Control Systems ApS|Inneasoft|ConneXSoft GmbH|CEAG Notlichtsysteme GmbH|Distech Controls Inc.|"
    "Industrial Technology Research Institute|ICONICS, Inc.|IQ Controls s.c.|OJ Electronics A/S|Rolbit Ltd.|"
    "Synapsys Solutions Ltd.|ACME Engineering Prod. Ltd.|Zener Electric Pty, Ltd.|Selectronix, Inc.|Gorbet & Banerjee, LLC.|IME|"
    "Stephen H. Dawson Computer Service|Accutrol, LLC|Schneider Elektronik GmbH|Alpha-Inno Tec GmbH|ADMMicro, Inc.|"
    "Greystone Energy Systems, Inc.|CAP Technologie|KeRo Systems|Domat Control System s.r.o.|Efektronics Pty. Ltd.|"
    "Hekatron Vertriebs GmbH|Securiton AG|Carlo Gavazzi Controls SpA|Chipkin Automation Systems|Savant Systems, LLC|"
    "Simmtronic Lighting Controls|Abelko Innovation AB|Seresco Technologies Inc.|IT Watchdogs|Automation Assist Japan Corp.|"
    "Thermokon Sensortechnik GmbH|EGauge Systems, LLC|Quantum Automation (ASIA) PTE, Ltd.|Toshiba Lighting & Technology Corp.",
    '|');
constexpr std::pair<std::uint32_t, std::string_view> later_vendors[] = {{402, "Delta Controls Integration Products"},
                                                                        {415, "Beckhoff Automation"},
                                                                        {422, "Greentrol Automation, Inc"},
                                                                        {423, "BELIMO Automation AG"},
                                                                        {424, "Samsung Heavy Industries Co, Ltd"},
                                                                        {432, "LG Electronics Inc."},
                                                                        {434, "Mitsubishi Electric Corporation Nagoya Works"},
                                                                        {435, "Delta Electronics, Inc."},
                                                                        {450, "Hitachi Ltd."},
                                                                        {486, "HMS Industrial Networks AB"},
                                                                        {502, "EasyIO"},
                                                                        {528, "FHP Manufacturing Company – Bosch Group"},
                                                                        {544, "Midea Commercial Aircon"},
                                                                        {549, "Hitachi Systems, Ltd."},
                                                                        {551, "Toshiba International Corporation"},
                                                                        {553, "Samsung Techwin Co., Ltd."},
                                                                        {591, "Socomec"},
                                                                        {647, "Toshiba Elevator and Building Systems Corporation"},
                                                                        {683, "Knürr GmbH (Emerson Network Power)"},
                                                                        {700, "Fuji Electric Co., Ltd"},
                                                                        {702, "Samsung S1 Corporation"},
                                                                        {744, "Bosch Thermotechnology Corp"},
                                                                        {767, "Viessmann Elektronik GmbH"},
                                                                        {781, "Mitsubishi Electric Australia Pty Ltd"},
                                                                        {788, "ABB Power Protection SA"},
                                                                        {807, "Innovari, Inc."},
                                                                        {808, "ABB Control Products"},
                                                                        {845, "KSB Aktiengesellschaft"},
                                                                        {891, "Delta Controls Germany Limited"},
                                                                        {896, "Fujitec Co. Ltd."},
                                                                        {947, "OMRON SOCIAL SOLUTIONS CO., LTD."},
                                                                        {971, "Samsung Electronics Co., Ltd."},
                                                                        {990, "Huawei Technologies Co., Ltd."},
                                                                        {1059, "STULZ Air Technology Systems, Inc."},
                                                                        {1093, "Inovonics Wireless Corporation"},
                                                                        {1096, "Moxa Inc."},
                                                                        {1101, "Degree Controls, Inc."},
                                                                        {1141, "Hitachi-Johnson Controls Air Conditioning, Inc."},
                                                                        {1159, "Greenheck"},
                                                                        {1166, "DABBEL-Automation Intelligence GmbH"},
                                                                        {1184, "Bosch.IO GmbH"},
                                                                        {1193, "Emerson Commercial and Residential Solutions"},
                                                                        {1210, "Bosch Rexroth AG"},
                                                                        {1211, "Alarko Carrier"},
                                                                        {1238, "EATON CEAG Notlichtsysteme GmbH"},
                                                                        {1414, "Emerson Automation Solutions"},
                                                                        {1426, "Mitsubishi Electric Corporation, Kobe Works"},
                                                                        {1428, "Gree Electric Appliances Inc of Zhuhai"}};

}  // namespace

std::string_view vendor_name(std::uint32_t id) {
  if (id < first_vendors.size()) return at(first_vendors, id);
  const auto it = std::ranges::lower_bound(later_vendors, id, {}, [](const auto& v) { return v.first; });
  return it != std::end(later_vendors) && it->first == id ? it->second : std::string_view{};
}

}  // namespace mw::bacnet
